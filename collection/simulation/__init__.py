"""Simulated annotators: people drawn by a seed who work over HTTP as real ones do. Knows no Django.

`person` decides, `population` draws the people, `words` are theirs; `browser` sends and times requests, `pages` and
`form_filling` read what comes back, `visit` is one person's way through a study, `crowd` all of them at once, `summary`
what came of it.
"""
