"""README.md of a release: the dataset card, with the front matter that the Hugging Face tools read. Knows no Django.

Everything in it comes from the manifest, and from the figures that were worked out from the files.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from exports.codebook import Described
from exports.croissant import citation
from exports.markdown import code, escaped, one_line, table
from exports.rights import identifier_of
from exports.simulated import MARK, NOTICE, named
from sampling.recipe_document import RecipeDocument

SIZES = [
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
]

PAIRS = """
# Pairs for TRL: DPOTrainer(model=…, train_dataset=pairs), RewardTrainer(model=…, train_dataset=pairs).
pairs = load_dataset("path/to/this/folder", "trl-preference", split="train")"""

ASKED = {"never": "not asked for", "optional": "optional", "required": "required"}

PLOTS = {
    "people": "People who answered, by stratum, beside how many were wanted",
    "places": "How often the candidate in each place was chosen",
    "agreement": "Items by the share of pairs of people who chose the same",
}

DEFAULT_CONFIGURATION = "conversations"

DEMO_MODEL = "examples/demo_model"

ORDER = """\
Every annotator saw the candidates of a set in an order of their own. Where a set is shared, the orders are balanced:
over each block of annotators, every candidate stands in every place equally often. Elsewhere the order was drawn at
random. `turns` holds the order and its seed. In `conversations` each set has one canonical order, shuffled once, so
that lines with the same opening prompt and the same candidates are one shared item.
"""

LIMITS = """\
- These people are those who came and agreed, in the numbers above. They are not a representative sample of any country
  unless the researchers say so elsewhere.
- Low agreement is a finding, not a fault: the candidates were made to differ, for people who disagree.
- Texts are published as people and models wrote them. Candidates can be wrong, one-sided or offensive.
- People can withdraw. Copies that were published before cannot be recalled: use the latest release.
"""


def of(
    said: Mapping[str, Any], tables: Sequence[Described], *, figures: Mapping[str, Any], plots: Collection[str]
) -> str:
    """Return the card of a release.

    :param figures: what exports.figures worked out.
    :param plots: which plots lie beside it.
    """
    sections = [
        f"# {escaped(_title(said))}",
        *([f"**{NOTICE}**"] if said["simulated"] else []),
        _introduction(said),
        f"## Tables\n\n{_tables(said, tables)}",
        f"## Who answered\n\n{_who(said)}{_plot(said, plots, 'people')}",
        f"## What was asked\n\n{_questions(said)}",
        f"## Where the candidates come from\n\n{_recipes(said)}\n\n{_diversity(figures)}{_sampled(said)}",
        f"## Order\n\n{ORDER.strip()}",
        f"## What was chosen\n\n{_outcomes(said, figures)}{_plot(said, plots, 'places')}",
        f"## Agreement\n\n{_agreement(figures)}{_plot(said, plots, 'agreement')}",
        f"## Explanations\n\n{_explanations(said, figures)}",
        f"## What is missing\n\n{_missing(said)}",
        f"## Consent and licence\n\n{_consent(said)}",
        *_changes(said),
        f"## Limits\n\n{LIMITS.strip()}",
        f"## Citation\n\n```bibtex\n{citation(said).replace('```', '')}\n```",
        f"## How to check it\n\n{_checking(said)}",
    ]
    return front_matter(said, tables) + "\n" + "\n\n".join(sections) + "\n"


def _plot(said: Mapping[str, Any], plots: Collection[str], name: str) -> str:
    file = named(f"plots/{name}.svg", simulated=said["simulated"])
    return f"\n\n![{PLOTS[name]}]({file})" if name in plots else ""


def front_matter(said: Mapping[str, Any], tables: Sequence[Described]) -> str:
    """Return the YAML block. Every text is written as JSON, which YAML takes for a quoted text on one line."""
    lines = ["---", f"pretty_name: {_quoted(_title(said))}", *_licence(said["licence"]), "language:"]
    lines += [f"- {_quoted(language)}" for language in said["languages"]]
    lines += ["size_categories:", f"- {size_of(said['rows'][DEFAULT_CONFIGURATION])}"]
    lines += ["tags:", "- preferences", "- pluralistic-alignment", *(["- simulated"] if said["simulated"] else [])]
    lines += ["configs:"]
    for each in tables:
        lines += [
            f"- config_name: {each.name}",
            "  data_files:",
            "  - split: train",
            f"    path: {_files(said, each.name)}",
        ]
        lines += ["  default: true"] if each.name == DEFAULT_CONFIGURATION else []
    return "\n".join([*lines, "---", ""])


def _title(said: Mapping[str, Any]) -> str:
    title: str = said["study"]["title"]
    return f"{MARK}: {title}" if said["simulated"] else title


def _files(said: Mapping[str, Any], table: str) -> str:
    return named(f"data/{table}-*.parquet", simulated=said["simulated"])


def _quoted(text: str) -> str:
    return json.dumps(one_line(text), ensure_ascii=False)


def _licence(name: str) -> list[str]:
    if identifier := identifier_of(name):
        return [f"license: {identifier}"]
    return ["license: other", f"license_name: {_quoted(name)}"]


def size_of(rows: int) -> str:
    """Return the hub's category for so many rows."""
    return next((name for limit, name in SIZES if rows < limit), "n>10M")


def _introduction(said: Mapping[str, Any]) -> str:
    text = (
        "Preferences of people over answers of language models, collected with Counterpoint: each line is a "
        "conversation in which one person compared several candidates per turn, chose one or none, and went on from "
        f"there.\n\nSnapshot of {escaped(said['snapshot_at'])}. "
        f"`{named('codebook.md', simulated=said['simulated'])}` explains every column; "
        f"`{named('MANIFEST.json', simulated=said['simulated'])}` "
        "lists files, checksums, counts and the study's configuration.\n\n"
        f"```python\nfrom datasets import load_dataset\n\n{_loading(said)}\n```"
    )
    return f"{text}\n\n{_demo_notice()}" if uses_demo_model(said) else text


def _loading(said: Mapping[str, Any]) -> str:
    if not said["simulated"]:
        return (
            'conversations = load_dataset("path/to/this/folder", split="train")\n'
            'turns = load_dataset("path/to/this/folder", "turns", split="train")'
        ) + (PAIRS if "trl-preference" in said["rows"] else "")
    # A card of this name is not looked for.
    files = {table: f"path/to/this/folder/{_files(said, table)}" for table in (DEFAULT_CONFIGURATION, "turns")}
    return "\n".join(
        f'{table} = load_dataset("parquet", data_files="{path}", split="train")' for table, path in files.items()
    )


def uses_demo_model(said: Mapping[str, Any]) -> bool:
    """Whether any recipe names the model that comes with Counterpoint."""
    return any(DEMO_MODEL in model for recipe in said["recipes"] for model in _models(recipe["document"]))


def _demo_notice() -> str:
    return (
        "**This release contains answers of the demo model.** It is a tiny model that puts sentences together and "
        "understands nothing; it is there to try Counterpoint out. Preferences between its answers say nothing about "
        "people."
    )


def _tables(said: Mapping[str, Any], tables: Sequence[Described]) -> str:
    rows = [[f"`{each.name}`", f"{said['rows'][each.name]:,}", each.about] for each in tables]
    beside = {"csv": "`csv/` holds the same tables for spreadsheets.", "jsonl": "`jsonl/` holds them as JSON Lines."}
    folders = {file["name"].partition("/")[0] for file in said["files"]}
    kinds = [text for kind, text in beside.items() if kind in folders]
    return (
        table(["configuration", "lines", "what a line is"], rows)
        + "\n\n"
        + " ".join([f"`{DEFAULT_CONFIGURATION}` is the default.", *kinds])
    )


def _who(said: Mapping[str, Any]) -> str:
    people = said["people"]
    rows = [
        [escaped(row["annotator_country"]), escaped(row["annotator_age"]), f"{row['people']:,}"]
        for row in people["annotator_country x annotator_age"]
    ]
    others = ("annotator_gender", "annotator_education_level", "annotator_political", "annotator_ethnicity")
    lines = [f"- `{column}`: {_counted(people[column])}" for column in others]
    said_of_all = f"{people['total']:,} people, wave {said['wave']}."
    return "\n\n".join([said_of_all, *_wanted(said), table(["country", "age", "people"], rows), "\n".join(lines)])


def _wanted(said: Mapping[str, Any]) -> list[str]:
    """Return who answered against who was wanted; nothing where the panel has no quotas."""
    if not said["quotas"]:
        return []
    rows = [
        [code(each["stratum"]), each["rule"].replace("-", " "), f"{each['wanted']:,}", f"{each['people']:,}"]
        for each in said["quotas"]
    ]
    return [
        "This is a quota sample: people were let in until each stratum was full.",
        table(["stratum", "rule", "wanted", "in this release"], rows),
    ]


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{escaped(value)}: {count:,}" for value, count in counts.items()) or "none"


def _questions(said: Mapping[str, Any]) -> str:
    rows = [
        [code(language), escaped(text), escaped(said["questions"]["explanation"].get(language, ""))]
        for language, text in sorted(said["questions"]["choice"].items())
    ]
    counts = said["counts"]
    return (
        f"Conversations by language: {_counted(counts.get('language', {}))}. "
        f"By opening: {_counted(counts.get('opening', {}))}. "
        f"By number of turns: {_counted(counts.get('turns', {}))}.\n\n"
        + table(["language", "question about the candidates", "question about the reason"], rows)
    )


def _models(document: Mapping[str, Any]) -> list[str]:
    """Return the model of every generator that a recipe names, each once."""
    return list(dict.fromkeys(writer.model for writer in RecipeDocument.model_validate(document).writers()))


def _recipes(said: Mapping[str, Any]) -> str:
    rows = []
    for recipe in said["recipes"]:
        document = recipe["document"]
        models = _models(document)
        rows.append(
            [
                code(recipe["sha256"][:12]),
                escaped(document["method"]),
                ", ".join(code(model) + (" (demo model)" if DEMO_MODEL in model else "") for model in models)
                or "ready sets",
                code(json.dumps(document.get("decoding"), sort_keys=True)) if models else "",
            ]
        )
    counts = said["counts"]
    return (
        f"{sum(counts.get('sets', {}).values()):,} sets were shown. "
        f"Candidates by method: {_counted(counts.get('method', {}))}. "
        f"By model: {_counted(counts.get('model', {}))}. `candidates` traces each one.\n\n"
        + table(["recipe", "method", "model", "decoding"], rows)
    )


def _diversity(figures: Mapping[str, Any]) -> str:
    rows = [
        [code(method), f"{found['sets']:,}", _number(found["distance"])]
        for method, found in figures["diversity"].items()
    ]
    return (
        "How far apart the candidates of a set are: one less the cosine of the counts of three characters in a row, "
        "averaged over pairs; 0 is the same text, 1 nothing in common. Of sets with the lowest numbers, which were "
        "drawn at random.\n\n" + table(["method", "sets looked at", "mean distance"], rows)
    )


def _sampled(said: Mapping[str, Any]) -> str:
    """Return how sets measured as they came and as they were shown; nothing where no model wrote any."""
    rows = [
        [
            code(each["recipe_sha256"][:12]),
            f"{each['ready']:,}",
            f"{each['failed']:,}",
            "not known" if each["fit_at_first_try"] is None else f"{each['fit_at_first_try']:,}",
            *(_number(each[of].get(what)) for what in ("mean_distance", "vendi") for of in ("first_try", "shown")),
        ]
        for each in said["sampled"]
    ]
    if not rows:
        return ""
    header = ["recipe", "sets ready", "failed", "fit at first try"]
    header += [f"{what}, {of}" for what in ("distance", "Vendi score") for of in ("first try", "as shown")]
    return (
        "\n\nMeasured when each set was written, over character 3- to 5-grams: the mean distance of two candidates (0 "
        "to 1), and the effective number of different candidates (Friedman and Dieng 2023), of the first try as it "
        "came, fit or not, and of what was shown.\n\n" + table(header, rows)
    )


def _number(value: float | None, decimals: int = 3) -> str:
    return "not defined" if value is None else f"{value:.{decimals}f}"


def _percent(value: float | None) -> str:
    return "not defined" if value is None else f"{100 * value:.1f} %"


def _outcomes(said: Mapping[str, Any], figures: Mapping[str, Any]) -> str:
    found = figures["comparisons"]
    return (
        f'{found["compared"]:,} comparisons. Share of "none of these": {_percent(found["share_of_none"])}. '
        f"Turns by outcome: {_counted(said['counts'].get('outcome', {}))}. "
        f"Places on the screen in which the chosen candidates stood: {_counted(found['places'])}."
    )


def _agreement(figures: Mapping[str, Any]) -> str:
    found = figures["agreement"]
    if not found["items"]:
        return "No item was compared by two people or more."
    return (
        f"{found['items']:,} items were compared by two people or more, {found['choices']:,} times in all. Of all "
        "pairs of people who compared the same item, on average "
        f"{_percent(found['pair_agreement'])} chose the same; if everything were chosen as often, it would be "
        f"{_percent(found['by_chance'])}. Mean entropy of the choices, corrected for small numbers: "
        f"{_number(found['entropy'], 2)} bits. `items` and `votes` have every item.{_null(figures['by_place_alone'])}"
    )


def _null(null: Mapping[str, Any]) -> str:
    if null["mean"] is None:
        return ""
    return (
        f"\n\nIf places on the screen were all that counts, {_percent(null['mean'])} of pairs would agree (95 % of "
        f"{null['permutations']} permutations lie below {_percent(null['high'])}; p = {_number(null['p'])}): "
        f"{null['choices']:,} people's choices, each kept in its place, in orders that others saw."
    )


def _explanations(said: Mapping[str, Any], figures: Mapping[str, Any]) -> str:
    found = figures["explanations"]
    asked = sorted({each["configuration"]["explanations"]["asked"] for each in said["configurations"]})
    return (
        f"{found['given']:,} comparisons have one ({_percent(found['share'])}); median length "
        f"{_number(found['median_words'], 0)} words. They were {' and '.join(ASKED[each] for each in asked)}."
    )


def _checking(said: Mapping[str, Any]) -> str:
    notebook, figures, croissant = (
        named(name, simulated=said["simulated"]) for name in ("figures.ipynb", "figures.json", "croissant.json")
    )
    return (
        f"`{notebook}` works out the figures of this card from the files, and stops where one is not as `{figures}` "
        "says. "
        f"`{croissant}` describes every table and column for machines (Croissant 1.1). Every file's checksum is in "
        f"`{named('MANIFEST.json', simulated=said['simulated'])}`."
    )


def _missing(said: Mapping[str, Any]) -> str:
    lines = [f"- {escaped(what)}: {count:,}" for what, count in said["excluded"].items()]
    lines.append(f"- candidate sets that could not be written: {_counted(said['failed_sets'])}")
    lines += [_failed_prompts(said)] if said["failed_prompts"] else []
    lines += [
        f"- answers without a published name in `{column}`, published as null: {_counted(counts)}"
        for column, counts in said["unmapped"].items()
    ]
    lines += [f"- `{column}`: {escaped(why)}" for column, why in said["not_computed"].items()]
    return "\n".join(lines)


def _failed_prompts(said: Mapping[str, Any]) -> str:
    prompts, manifest = said["failed_prompts"], named("MANIFEST.json", simulated=said["simulated"])
    named_here = ", ".join(escaped(each["prompt_key"] or each["prompt"][:60]) for each in prompts[:10])
    return f"- given prompts without candidates: {len(prompts):,} (`failed_prompts` in `{manifest}`): {named_here}" + (
        " …" if len(prompts) > 10 else ""
    )


def _consent(said: Mapping[str, Any]) -> str:
    versions = ", ".join(f"version {escaped(each['version'])} ({each['people']:,} people)" for each in said["consent"])
    return (
        "The release contains only people whose consent stood when it was written, and who agreed to publication. "
        f"Consent texts: {versions or 'none'}. Licence: {escaped(said['licence'])}. "
        f"Contact: {escaped(said['study']['contact'])}.\n\n{_known_by(said)}{_agreed(said)}"
    )


def _known_by(said: Mapping[str, Any]) -> str:
    known_by = said["known_by"]
    if set(known_by) <= {"invitation"}:
        return ""
    return (
        f"- A panel sent people. {known_by.get('signed-id', 0):,} joined with an id that the panel had signed, "
        f"{known_by.get('bare-id', 0):,} with one that anybody can have made up, and {known_by.get('invitation', 0):,} "
        "by an invitation alone (`known_by` in `annotators`).\n"
    )


def _agreed(said: Mapping[str, Any]) -> str:
    people, agreed = said["people"]["total"], said["agreed"]
    return (
        f"- {agreed['verbatim texts']:,} of {people:,} people agreed that their own texts are published. Of the others "
        "only first turns on given prompts are here, without the reasons.\n"
        f"- {agreed['training of models']:,} of {people:,} people agreed that models are trained with their answers. "
        "Leave the others out of training:\n\n"
        '```python\nmay_train = {turn["conversation_id"] for turn in turns if turn["training_agreed"]}\n'
        'for_training = conversations.filter(lambda row: row["conversation_id"] in may_train)\n```'
    )


def _changes(said: Mapping[str, Any]) -> list[str]:
    """Return the section on what left since the release before; none for a first release."""
    changes = said["since_previous"]
    if changes is None:
        return []
    rows = ", ".join(f"{count:,} from `{table}`" for table, count in changes["rows"].items())
    return [
        f"## Since release {changes['release']}\n\n"
        f"{changes['people']:,} people who were in it are gone: they withdrew, or do not agree to publication any "
        "more. "
        f"Lines that went: {rows}. Please use this release in place of the older one."
    ]
