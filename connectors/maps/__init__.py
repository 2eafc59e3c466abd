"""Maps: a YAML file says how the rows of a till or an export become canonical events.

`mapper.Mapper` reads a map and decodes records; `check.check_map` lists every mistake of a file; the maps
that ship (`online_retail`, `iowa_liquor`) lie beside this file and are found by name.
"""
