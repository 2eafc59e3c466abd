"""What the kernels work on, by one name each: the ledger's tables, the batch at hand, what comes out.

To compiled code a `World` is one pointer: to a list of where each array lies and how many rows it has. An
array is made from that where a kernel says `w.H`. Handing forty arrays, nine words each, from kernel to
kernel cost more than what many of them do, and took minutes to compile. Whoever calls keeps the arrays alive.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AttributeTemplate
from numba.extending import (
    NativeValue,
    infer_getattr,
    lower_getattr_generic,
    models,
    register_model,
    typeof_impl,
    unbox,
)
from numba.np.arrayobj import populate_array

from pipelines.ledger.columns import EV, HW, JW, LN, QW, TU, VD, WN, YW

_I64, _U8, _I32 = types.int64, types.uint8, types.int32
# name -> (type of a value, columns of a row; 0 = a plain list). Columns in `pipelines.ledger.columns`.
FIELDS: dict[str, tuple[Any, int]] = {
    # events, what admission found, verdicts
    "ev": (_I64, EV), "g": (_I64, 0), "V": (_I64, VD),
    # entities, items, sites, units, unit factors (K, Ks: their keys' slots); a name with m: marks of changes
    "N": (_I64, 13), "Nm": (_U8, 0), "I": (_I64, 10), "Im": (_U8, 0), "S": (_I64, 2), "Sm": (_U8, 0),
    "U": (_I64, 6), "K": (_I64, 3), "Ks": (_I32, 0),
    # recent history by id
    "H": (_I64, HW), "Hs": (_I32, 0), "Hm": (_U8, 0),
    # accounts and cells with their keys and slots; layers, pieces, documents, standard costs
    "A": (_I64, 10), "Am": (_U8, 0), "Ak": (_I64, 2), "As": (_I32, 0),
    "C": (_I64, 24), "Cm": (_U8, 0), "Ck": (_I64, 2), "Cs": (_I32, 0),
    "L": (_I64, 9), "Lm": (_U8, 0), "P": (_I64, 12), "Pm": (_U8, 0), "D": (_I64, 14), "Dm": (_U8, 0),
    "Z": (_I64, 5),
    # owner and pool as one number
    "B": (_I64, 2), "Bs": (_I32, 0),
    # rows of the chains, what they covered, what they handed on, images; cells that are posted anew
    "Q": (_I64, QW), "Qm": (_U8, 0), "W": (_I64, WN), "X": (_I64, 4), "Y": (_I64, YW), "heap": (_I64, 0),
    # the place of each word among the sources, the texts of ids
    "SO": (_I64, 0), "ids": (_U8, 0),
    # what a row found; touched accounts, lines, true-ups, masters made by use; counters, journal
    "F": (_I64, 0), "TA": (_I64, 0), "O": (_I64, LN), "T": (_I64, TU), "E": (_I64, 4), "M": (_I64, 0),
    "J": (_I64, JW),
}  # fmt: skip
_NUMBER = {name: k for k, name in enumerate(FIELDS)}


class World:
    """The arrays by name, as they lie in memory now; a table that has grown needs a new World."""

    def __init__(self, **arrays: Any) -> None:
        self.table = np.empty((len(FIELDS), 2), np.int64)
        for name, k in _NUMBER.items():
            a, (kind, width) = arrays[name], FIELDS[name]
            if not a.flags.c_contiguous or a.shape[1:] != ((width,) if width else ()):
                raise ValueError(f"{name}: {a.shape} is not a whole array of {width or 'no'} columns")
            if a.itemsize * 8 != kind.bitwidth:
                raise ValueError(f"{name}: {a.dtype} is not {kind}")
            self.table[k] = a.ctypes.data, len(a)
            setattr(self, name, a)
        self.base = self.table.ctypes.data


class WorldType(types.Type):
    """The type of a `World` in compiled code."""

    def __init__(self) -> None:
        super().__init__(name="World")


_WORLD = WorldType()


@typeof_impl.register(World)
def _typeof(value: World, context: Any) -> WorldType:
    return _WORLD


@register_model(WorldType)
class _Model(models.StructModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, [("base", types.intp)])


@unbox(WorldType)
def _unbox(kind: Any, value: Any, c: Any) -> NativeValue:
    found = cgutils.create_struct_proxy(kind)(c.context, c.builder)
    base = c.pyapi.object_getattr_string(value, "base")
    found.base = c.pyapi.long_as_longlong(base)
    c.pyapi.decref(base)
    return NativeValue(found._getvalue())


@infer_getattr
class _Attributes(AttributeTemplate):
    key = WorldType

    def generic_resolve(self, kind: Any, name: str) -> Any:
        value, width = FIELDS[name]
        return types.Array(value, 2 if width else 1, "C")


@lower_getattr_generic(WorldType)
def _array(context: Any, builder: Any, kind: Any, value: Any, name: str) -> Any:
    of, width = FIELDS[name]
    array_type = types.Array(of, 2 if width else 1, "C")
    word = context.get_value_type(types.intp)
    base = cgutils.create_struct_proxy(kind)(context, builder, value=value).base
    table = builder.inttoptr(base, word.as_pointer())
    at, rows = (
        builder.load(builder.gep(table, [word(2 * _NUMBER[name] + k)])) for k in range(2)
    )  # fmt: skip
    array = context.make_array(array_type)(context, builder)
    size = of.bitwidth // 8
    populate_array(
        array, data=builder.inttoptr(at, array.data.type), shape=[rows, word(width)] if width else [rows],
        strides=[word(size * width), word(size)] if width else [word(size)], itemsize=word(size),
        meminfo=None,
    )  # fmt: skip
    return array._getvalue()
