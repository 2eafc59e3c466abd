"""A good jobs.yaml: found, read, defaults, variables; the packaged one; the schema for editors."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from pipelines.runtime.config.references import Installed
from pipelines.runtime.config.steps import Flow
from pipelines.runtime.errors import ConfigError, UsageError
from pipelines.runtime.jobs import chosen_jobs, find_jobs_file, jobs_schema, load_jobs, parse_jobs
from pipelines.runtime.verbs.run import source_of, stated
from tests.repo import ROOT

INSTALLED = Installed(
    connectors=frozenset({"ndjson", "pos", "archive", "mock"}),
    steps=dict.fromkeys({"intake.decode", "ledger.post"}, Flow()),
    maps=frozenset({"online_retail"}),
    schemas=frozenset({"stock"}),
)
GOOD = """
version: 1
defaults: {engine: local, trust: yellow}
targets: {local: {url: "chdb"}, server: {url: "${URL:-https://host:8443}", verify: false}}
sources:
  events: &e {connector: ndjson, path: "$${HOME}/in"}
  till: {connector: pos, map: own.yaml, trust: green, unknown_master: refuse}
  again: *e
topics: {raw: {schema: stock, partitions: "${N:-4}", retention: 7d}}
jobs:
  one: {in: [events, raw], steps: [intake.decode, ledger.post], out: {target: server}}
  two: {engine: bytewax, in: [till], steps: [intake.decode]}
"""


def test_read_with_defaults_and_variables(tmp_path: Path) -> None:
    file = tmp_path / "jobs.yaml"
    file.write_text(GOOD, encoding="utf-8")
    (tmp_path / "own.yaml").write_text("", encoding="utf-8")
    cfg = load_jobs(file, {"N": "8"}, INSTALLED)
    assert cfg.path == file
    assert cfg.topics["raw"].partitions == 8
    assert cfg.sources["events"].path == "${HOME}/in"
    assert cfg.sources["again"] == cfg.sources["events"]
    assert (cfg.engine_of("one"), cfg.engine_of("two")) == ("local", "bytewax")
    assert (cfg.target_of("one").url, cfg.target_of("two").url) == ("https://host:8443", "chdb")
    assert (cfg.trust_of("events"), cfg.trust_of("till")) == ("yellow", "green")
    assert (cfg.unknown_master_of("events"), cfg.unknown_master_of("till")) == ("auto", "refuse")


def test_an_own_map_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r'no map "own\.yaml"'):
        parse_jobs(GOOD.encode(), tmp_path / "jobs.yaml", {}, INSTALLED)


def test_chosen_jobs(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("", encoding="utf-8")
    cfg = parse_jobs(GOOD.encode(), tmp_path / "jobs.yaml", {}, INSTALLED)
    assert chosen_jobs(cfg, ["two", "one", "two"]) == ["two", "one"]
    with pytest.raises(UsageError, match='no job "ones"; did you mean "one"'):
        chosen_jobs(cfg, ["ones"])


def test_found_where_it_should_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_jobs_file() == ROOT / "jobs.yaml"
    (tmp_path / "jobs.yaml").write_text("version: 1\n", encoding="utf-8")
    assert find_jobs_file() == Path("jobs.yaml")
    assert find_jobs_file(tmp_path) == tmp_path
    with pytest.raises(ConfigError, match=r"gone\.yaml: no such file; name it with --jobs"):
        find_jobs_file(Path("gone.yaml"))
    with pytest.raises(ConfigError, match="cannot be read"):
        load_jobs(tmp_path)


def test_the_default_file_is_right() -> None:
    cfg = load_jobs(ROOT / "jobs.yaml", {})
    assert cfg.jobs["stock-live"].steps[:2] == ["intake.decode", "ledger.post"]
    assert {s.connector for s in cfg.sources.values()} == {"ndjson", "pos", "archive", "mock"}
    assert cfg.engine_of("stock-live") == "bytewax"


def test_schema_for_editors_is_up_to_date_and_fits() -> None:
    kept = json.loads((ROOT / "schemas/json/jobs.schema.json").read_text(encoding="utf-8"))
    assert kept == jobs_schema(), "run: stocktwin schema jobs > schemas/json/jobs.schema.json"
    jsonschema.Draft202012Validator.check_schema(kept)
    judge = jsonschema.Draft202012Validator(kept)
    yaml = YAML(typ="safe", pure=True)
    for text in ((ROOT / "jobs.yaml").read_text(encoding="utf-8"), GOOD):
        assert not list(judge.iter_errors(yaml.load(text)))
    assert list(judge.iter_errors({"version": 1, "sources": {}, "jobs": {"a": {"enigne": "local"}}}))
    assert list(judge.iter_errors({"version": 1, "sources": {}, "jobs": {}, "defaults": {"engine": "gas"}}))


READS = """
version: 1
sources:
  a: {connector: ndjson}
  b: {connector: ndjson, path: in/day.ndjson}
  till: {connector: pos, path: "in/*.csv", map: online_retail}
jobs:
  by-path: {in: [a, b], steps: [intake.decode]}
  by-map: {in: [a, till], steps: [intake.decode]}
  both: {in: [b, till], steps: [intake.decode]}
  none: {in: [a], steps: [intake.decode]}
"""


def test_a_source_may_state_its_input(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/day.ndjson").write_text("{}\n", encoding="utf-8")
    cfg = parse_jobs(READS.encode(), tmp_path / "jobs.yaml", {}, INSTALLED)
    name, where, mapping = stated(cfg, "by-path")
    assert (name, where, mapping) == ("b", str(tmp_path / "in/day.ndjson"), None)
    found, source, _ = source_of(cfg, "by-path", where, mapping, named=name)
    assert (found, source.name, source.parts()) == ("b", "b", [where])
    assert stated(cfg, "by-map") == ("till", "in/*.csv", "online_retail")
    assert source_of(cfg, "by-map", "in/*.csv", "online_retail", named="till")[0] == "till"
    for job in ("both", "none"):
        with pytest.raises(UsageError, match="nothing says what to read; for example --input"):
            stated(cfg, job)
    with pytest.raises(UsageError, match="job by-map has no source with connector ndjson"):
        source_of(cfg, "by-map", where, None, named="till")


def test_jobs_yaml_names_its_schema() -> None:
    head = (ROOT / "jobs.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert head == "# yaml-language-server: $schema=schemas/json/jobs.schema.json"
