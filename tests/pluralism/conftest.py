from hypothesis import settings

# How long an example takes says nothing about figures, and much about what else the machine does.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
