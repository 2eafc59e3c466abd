"""The shape of `jobs.yaml`; from it come the validation, the suggestions and the JSON Schema for editors.

Strict: an unknown key is an error, text is no number. What one entry says about another (a job's `in`, a
step's file) is checked in `references`. Each field's description is what an editor shows, its first
example is what an error proposes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, StringConstraints

from pipelines.runtime.config.marks import Variable


def _number(value: object) -> object:
    """Text is no number, but for the text of a variable."""
    return int(value) if isinstance(value, Variable) and value.isdecimal() and len(value) < 20 else value


VariableInt = Annotated[int, BeforeValidator(_number)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Engine = Literal["bytewax", "flink", "local"]
Trust = Literal["green", "yellow", "red"]
UnknownMaster = Literal["auto", "refuse"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=True)


class Defaults(_Strict):
    """What holds where an entry says nothing."""

    data: Text = Field(default="./data", description="数据目录 | data directory", examples=["./data"])
    engine: Engine = Field(default="bytewax", description="引擎 | engine of a job", examples=["bytewax"])
    target: Name = Field(
        default="local", description="默认存储 | name of the target jobs write to", examples=["local"]
    )
    trust: Trust = Field(default="red", description="可信度 | trust of a source's events", examples=["red"])
    unknown_master: UnknownMaster = Field(
        default="auto",
        description="未知主数据：自动建立或拒收 | an unknown item or site: create it or refuse",
        examples=["auto"],
    )


class Target(_Strict):
    """A store that jobs write to. A password is never written here."""

    url: Annotated[str, StringConstraints(pattern=r"^(chdb(:///\S+)?|https?://[^\s/@]+(/\S*)?)$")] = Field(
        description="chdb、chdb:///目录或服务器 | chdb (in the data directory), chdb:///DIR, a server",
        examples=["chdb"],
    )
    user: Text = Field(default="default", description="用户 | user of the server", examples=["default"])
    password_env: Text = Field(
        default="STOCKTWIN_STORE_PASSWORD",
        description="密码所在的变量 | variable with the password; with _FILE appended, its file",
        examples=["STOCKTWIN_STORE_PASSWORD"],
    )
    ca_cert: str = Field(
        default="", description="CA 证书文件 | file of the certificate authority", examples=["./ca.pem"]
    )
    verify: bool = Field(default=True, description="校验证书 | check the certificate", examples=[True])


class Source(_Strict):
    """A door in."""

    connector: Text = Field(description="接入方式 | a door of connectors/", examples=["ndjson"])
    path: Text | None = Field(
        default=None,
        description="文件或目录 | file or directory; `run --input` wins over it",
        examples=["./in"],
    )
    map: Text | None = Field(
        default=None,
        description="映射：名称或文件 | a map of connectors/maps, or a file",
        examples=["online_retail"],
    )
    entity: Text | None = Field(
        default=None, description="主体 | entity of rows that name none", examples=["DEMO"]
    )
    topic: Name | None = Field(
        default=None, description="主题 | the topic it publishes to or reads", examples=["events"]
    )
    trust: Trust | None = Field(default=None, description="可信度 | trust of its events", examples=["green"])
    unknown_master: UnknownMaster | None = Field(
        default=None,
        description="未知主数据 | an unknown item or site: create it or refuse",
        examples=["auto"],
    )
    seed: Annotated[VariableInt, Field(ge=0, lt=2**63)] | None = Field(
        default=None, description="随机种子 | seed of a make-believe world", examples=[7]
    )
    speed: Annotated[VariableInt, Field(ge=1, le=1_000_000)] | None = Field(
        default=None, description="倍速 | seconds of the world per second", examples=[60]
    )


class Topic(_Strict):
    """A log that stands between jobs."""

    schema_: Text = Field(alias="schema", description="结构 | family or type of schemas/", examples=["stock"])
    key: Text = Field(default="entity", description="分区键 | the field that orders it", examples=["entity"])
    partitions: Annotated[VariableInt, Field(ge=1, le=10_000)] = Field(
        default=1, description="分区数 | partitions", examples=[4]
    )
    retention: Annotated[str, StringConstraints(pattern=r"^(forever|[1-9][0-9]{0,5}(m|h|d))$")] = Field(
        default="forever", description="保留时间 | forever, or a number with m, h or d", examples=["7d"]
    )


class Out(_Strict):
    """Where a job's outputs go."""

    target: Name | None = Field(
        default=None, description="存储 | a target; absent: the default one", examples=["local"]
    )
    topics: dict[Text, Name] = Field(
        default_factory=dict,
        description="输出结构 → 主题 | schema of an output: topic",
        examples=[{"core.movement": "movements"}],
    )


class Job(_Strict):
    """A chain of steps in one dataflow."""

    engine: Engine | None = Field(default=None, description="引擎 | engine", examples=["bytewax"])
    in_: Annotated[list[Name], Field(min_length=1)] = Field(
        alias="in", description="输入 | sources and topics it reads", examples=[["events"]]
    )
    steps: Annotated[list[Text], Field(min_length=1)] = Field(
        description="步骤，依次执行 | its steps in order, each a file pipelines/<room>/<step>.py",
        examples=[["intake.decode", "ledger.post"]],
    )
    out: Out = Field(
        default_factory=Out, description="输出 | where its outputs go", examples=[{"target": "local"}]
    )


class Jobs(_Strict):
    """`jobs.yaml`: the map of what runs."""

    version: Literal[1] = Field(description="版本 | version of this format", examples=[1])
    defaults: Defaults = Field(
        default_factory=Defaults, description="默认值 | what holds where nothing is said"
    )
    targets: dict[Name, Target] = Field(
        default_factory=lambda: {"local": Target(url="chdb")}, description="存储 | stores"
    )
    sources: dict[Name, Source] = Field(
        description="数据源 | doors in", examples=[{"events": {"connector": "ndjson"}}]
    )
    topics: dict[Name, Topic] = Field(default_factory=dict, description="主题 | logs between jobs")
    jobs: dict[Name, Job] = Field(
        description="作业 | chains of steps",
        examples=[{"stock-live": {"in": ["events"], "steps": ["intake.decode"]}}],
    )
    rules: Annotated[dict[Name, str], Field(max_length=0)] = Field(
        default_factory=dict, description="预警规则，后续版本启用 | alert rules, not yet in this version"
    )

    _path: Path = PrivateAttr(default=Path("jobs.yaml"))

    @property
    def path(self) -> Path:
        """The file this was read from; relative paths in it count from its folder or the working one."""
        return self._path

    def engine_of(self, job: str) -> str:
        """The engine of a job, by its own word or the default."""
        return self.jobs[job].engine or self.defaults.engine

    def target_of(self, job: str) -> Target:
        """The store that a job writes to."""
        return self.targets[self.jobs[job].out.target or self.defaults.target]

    def trust_of(self, source: str) -> str:
        """The trust a source's events carry unless they say less."""
        return self.sources[source].trust or self.defaults.trust

    def unknown_master_of(self, source: str) -> str:
        """`auto` or `refuse` for events of a source that name an unknown item or site."""
        return self.sources[source].unknown_master or self.defaults.unknown_master
