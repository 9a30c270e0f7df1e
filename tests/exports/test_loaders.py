"""Every table of every format loads with what its readers use, in a fresh process without anything of ours."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from exports.formats import BESIDE_PARQUET, FORMATS, tables_of
from tests.exports.conversations import lines, talk, write
from tests.factories import AnnotatorFactory, ItemFactory, StudyFactory

pytestmark = pytest.mark.django_db(transaction=True)

MODEL = Path("examples/demo_model/weights").absolute()

LOAD = """
import json, sys
import datasets, pandas, polars

folder, tables = sys.argv[1], sys.argv[2:]
found = {}
for table in tables:
    parquet, jsonl = f"{folder}/data/{table}-*.parquet", f"{folder}/jsonl/{table}-00000.jsonl"
    found[table] = {
        "datasets": list(datasets.load_dataset(folder, table, split="train")),
        "polars": polars.read_parquet(parquet).to_dicts(),
        "polars, JSON Lines": polars.read_ndjson(jsonl, infer_schema_length=None).height,
        "pandas": len(pandas.read_parquet(f"{folder}/data/{table}-00000.parquet")),
        "pandas, CSV": list(pandas.read_csv(f"{folder}/csv/{table}-00000.csv").columns),
        "pandas, JSON Lines": list(pandas.read_json(jsonl, lines=True, orient="records").columns),
        "datasets, JSON Lines": datasets.load_dataset("json", data_files=jsonl, split="train").num_rows,
    }
print(json.dumps(found, default=str))
"""

TRAIN = """
import sys
from datasets import load_dataset
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer
from trl import DPOConfig, DPOTrainer, RewardConfig, RewardTrainer
from trl.experimental.kto import KTOConfig, KTOTrainer

folder, model, output = sys.argv[1:]
pairs, labelled = (load_dataset(folder, table, split="train") for table in ("trl-preference", "trl-unpaired"))
steps = {"output_dir": output, "max_steps": 2, "per_device_train_batch_size": 2, "report_to": [], "use_cpu": True}
scorer = AutoModelForSequenceClassification.from_pretrained(model, num_labels=1)
for trainer, config, trained, data in [
    (DPOTrainer, DPOConfig, AutoModelForCausalLM.from_pretrained(model), pairs),
    (RewardTrainer, RewardConfig, scorer, pairs),
    (KTOTrainer, KTOConfig, AutoModelForCausalLM.from_pretrained(model), labelled),
]:
    settings = config(**steps, save_strategy="no")
    tokenizer = AutoTokenizer.from_pretrained(model)
    done = trainer(model=trained, args=settings, processing_class=tokenizer, train_dataset=data).train()
    print(trainer.__name__, done.global_step, done.training_loss == done.training_loss)
"""


@pytest.fixture
def folder(tmp_path):
    study = StudyFactory(asks={"turns": {"maximum": 4}})
    item = ItemFactory(study=study)
    for choice in (0, 1, "none"):
        person = AnnotatorFactory(panel=study.panel)
        talk(study=study, annotator=person, item=item, choices=[choice, 2], explanations=["é ✓ =1", ""])
    write(study, tmp_path / "out", formats=list(FORMATS), beside_parquet=BESIDE_PARQUET)
    return tmp_path / "out"


def run(program, *arguments, home):
    """Run a program with nothing of this project, and offline; return what it prints."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "HF_HOME": str(home / "hf"), "HF_HUB_OFFLINE": "1"}
    environment |= {"OMP_WAIT_POLICY": "PASSIVE", "TRL_EXPERIMENTAL_SILENCE": "1"}
    command = [sys.executable, "-c", program, *map(str, arguments)]
    done = subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_table_loads_with_datasets_pandas_and_polars(folder, tmp_path):
    tables = [table.name for table in tables_of(list(FORMATS))]
    found = json.loads(run(LOAD, folder, *tables, home=tmp_path))
    for table in tables:
        exact = json.loads(json.dumps(lines(folder, table), default=str))
        assert exact
        assert found[table].pop("datasets") == exact
        assert found[table].pop("polars") == exact
        columns = list(exact[0])
        assert found[table] == {
            "polars, JSON Lines": len(exact),
            "pandas": len(exact),
            "pandas, CSV": columns,
            "pandas, JSON Lines": columns,
            "datasets, JSON Lines": len(exact),
        }


def test_json_lines_hold_what_parquet_holds(folder):
    for table in tables_of(list(FORMATS)):
        text = (folder / f"jsonl/{table.name}-00000.jsonl").read_text(encoding="utf-8")
        exact = json.loads(json.dumps(lines(folder, table.name), default=str))
        assert [json.loads(line) for line in text.splitlines()] == exact


@pytest.mark.whole
def test_trl_trains_on_pairs_and_on_labels(folder, tmp_path):
    said = run(TRAIN, folder, MODEL, tmp_path / "trained", home=tmp_path).splitlines()
    assert [line for line in said if "Trainer" in line] == [
        "DPOTrainer 2 True",
        "RewardTrainer 2 True",
        "KTOTrainer 2 True",
    ]
