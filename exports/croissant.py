"""croissant.json: a release as machines read it, in Croissant 1.1 with the responsible-AI fields. Knows no Django.

MLCommons, "Croissant Format Specification", version 1.1, and "Croissant RAI Specification", version 1.0.
"""

import json
import types
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fnmatch import fnmatchcase
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

from exports.codebook import Described
from exports.markdown import one_line
from exports.records import Column, docstrings
from exports.rights import address_of
from exports.simulated import named

NAME = "croissant.json"

CONFORMS_TO = ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"]

CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The names of Croissant 1.1, as its specification lists them."""

DATA_TYPES: dict[Any, str] = {
    int: "cr:Int64",
    float: "cr:Float64",
    str: "sc:Text",
    bool: "sc:Boolean",
    date: "sc:Date",
}

PARQUET = "application/x-parquet"


def of(said: Mapping[str, Any], tables: Sequence[Described]) -> str:
    """Return the description of a release.

    :param said: the manifest, with the files of the tables.
    """
    described = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": one_line(said["study"]["title"]),
        "description": _description(said),
        "conformsTo": CONFORMS_TO,
        "license": address_of(said["licence"]),
        "url": f"urn:counterpoint:{said['study']['slug']}",
        "version": f"{said['release'] or 0}.0.0",
        "datePublished": said["snapshot_at"],
        "inLanguage": list(said["languages"]),
        "keywords": ["preferences", "pluralistic alignment", *(["simulated"] if said["simulated"] else [])],
        "creator": {"@type": "sc:Organization", "name": said["study"]["contact"]},
        "citeAs": citation(said),
        "isLiveDataset": False,
        **_responsible(said),
        "distribution": [each for table in tables for each in _distribution(table.name, said)],
        "recordSet": [_record_set(table) for table in tables],
    }
    return json.dumps(described, ensure_ascii=False, indent=2) + "\n"


def _description(said: Mapping[str, Any]) -> str:
    notice = "SIMULATED: no person stands behind any line. " if said["simulated"] else ""
    return (
        f"{notice}Preferences of {said['people']['total']:,} people over answers of language models that were "
        "generated to differ, with who these people are, why they chose, and where every answer comes from."
    )


def citation(said: Mapping[str, Any]) -> str:
    """Return how a release is cited, as BibTeX."""
    key, release = said["study"]["slug"].replace("-", "_"), said["release"] or "unnumbered"
    braces = str.maketrans({"{": "(", "}": ")", "\\": "/"})
    fields = {
        "title": said["study"]["title"],
        "author": said["study"]["contact"],
        "year": said["snapshot_at"][:4],
        "version": str(release),
        "note": f"Snapshot of {said['snapshot_at']}, collected with Counterpoint",
    }
    lines = [f"  {name} = {{{one_line(value.translate(braces))}}}" for name, value in fields.items()]
    return f"@misc{{{key}_{release},\n" + ",\n".join(lines) + "\n}"


def _responsible(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return the responsible-AI fields."""
    people, counts = said["people"], said["counts"]
    compared = sum(counts.get("outcome", {}).get(outcome, 0) for outcome in ("chosen", "none"))
    return {
        "rai:dataCollection": (
            "People saw candidates of language models side by side, each person in an order of their own, chose one or "
            'said "none of these", said why, and went on from the chosen one.'
        ),
        "rai:dataCollectionType": ["Surveys", "Crowdsourced annotation"],
        "rai:dataCollectionMissingData": "; ".join(f"{what}: {count}" for what, count in said["excluded"].items()),
        "rai:dataAnnotationProtocol": [
            f"{language}: {text}" for language, text in sorted(said["questions"]["choice"].items())
        ],
        "rai:dataAnnotationPlatform": ["Counterpoint"],
        "rai:dataAnnotationAnalysis": [
            "Disagreement is kept: `items` and `votes` count every choice by group. Low agreement is a finding, not a "
            "fault."
        ],
        "rai:annotationsPerItem": "; ".join(
            f"{band} people: {items} items" for band, items in counts.get("items by people", {}).items()
        )
        or "no shared items",
        "rai:annotatorDemographics": [
            f"{column}: " + ", ".join(f"{value} {number}" for value, number in people[column].items())
            for column in people
            if column.startswith("annotator_") and " x " not in column
        ],
        "rai:machineAnnotationTools": sorted(counts.get("model", {})) or ["none"],
        "rai:dataUseCases": ["Training and evaluating models on the preferences of people who disagree."],
        "rai:dataBiases": [
            f"The {people['total']} people are those who came and agreed, no representative sample; they made "
            f"{compared} comparisons."
        ],
        "rai:dataLimitations": ["Texts are as people and models wrote them; candidates can be wrong or offensive."],
        "rai:personalSensitiveInformation": [
            "Demographic columns as people stated them. Ids are drawn at random for this dataset. People agreed to "
            f"publication under {said['licence']}; texts are published only of those who agreed to that too."
        ],
        "rai:dataReleaseMaintenancePlan": (
            "People can withdraw; later releases leave them out. Use the latest release."
        ),
    }


# ---- files and record sets -------------------------------------------------------------------------------------------
def _distribution(table: str, said: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the Parquet files of a table, and what finds them all."""
    pattern = named(f"data/{table}-*.parquet", simulated=said["simulated"])
    for file in (file for file in said["files"] if fnmatchcase(file["name"], pattern)):
        yield {
            "@type": "cr:FileObject",
            "@id": file["name"],
            "name": file["name"],
            "contentUrl": file["name"],
            "contentSize": f"{file['bytes']} B",
            "encodingFormat": PARQUET,
            "sha256": file["sha256"],
        }
    yield {
        "@type": "cr:FileSet",
        "@id": _set_of(table),
        "name": _set_of(table),
        "encodingFormat": PARQUET,
        "includes": pattern,
    }


def _set_of(table: str) -> str:
    return f"{table}-files"


def _record_set(table: Described) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": table.name,
        "name": table.name,
        "description": table.about,
        "field": [_field(table.name, column) for column in table.columns],
    }


def _field(table: str, column: Column) -> dict[str, Any]:
    kind, is_list = _inside(column.type)
    field = {
        "@type": "cr:Field",
        "@id": f"{table}/{column.name}",
        "name": column.name,
        "description": column.about,
        **({"repeated": True} if is_list else {}),
    }
    if is_typeddict(kind):
        return {**field, "subField": list(_sub_fields(table, column.name, kind))}
    return {**field, "dataType": DATA_TYPES[kind], "source": _source(table, column.name)}


def _sub_fields(table: str, column: str, kind: type) -> Iterator[dict[str, Any]]:
    about = docstrings(kind)
    for name, type_ in get_type_hints(kind).items():
        inner, is_list = _inside(type_)
        yield {
            "@type": "cr:Field",
            "@id": f"{table}/{column}/{name}",
            "name": name,
            "description": about[name],
            "dataType": DATA_TYPES[inner],
            **({"repeated": True} if is_list else {}),
            "source": {**_source(table, column), "transform": {"jsonPath": name}},
        }


def _source(table: str, column: str) -> dict[str, Any]:
    return {"fileSet": {"@id": _set_of(table)}, "extract": {"column": column}}


def _inside(kind: Any) -> tuple[Any, bool]:
    """Return a type without null and list, and whether it was a list."""
    if get_origin(kind) is types.UnionType:
        kind = get_args(kind)[0]
    return (get_args(kind)[0], True) if get_origin(kind) is list else (kind, False)
