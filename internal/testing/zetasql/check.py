# SPDX-License-Identifier: Apache-2.0
"""Analyze SQL in BigQuery's dialect.

Each line of the input is a JSON object: {"sql": text, "params": {name: type}}. A text is one
statement or more. The texts are analyzed in order; a text may use the tables and views that
the texts before it create. Each line of the output is the answer for one text: {"error":
message}, with an empty message if the text is right.

The argument is the file of the analyzer that scripts/zetasql compiled for this machine.
"""

import ctypes
import json
import sys

import wasmtime
from zetasql.core import wasm_client
from zetasql.core.exceptions import ServerError
from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2 as service
from zetasql.wasi._pb2.zetasql.proto import options_pb2, simple_catalog_pb2
from zetasql.wasi._pb2.zetasql.public import options_pb2 as language

# Features that the analyzer has finished and BigQuery does not have, or has only as a
# preview. A text that needs one of them is refused.
LACKS = """
    AGGREGATE_FILTERING ARRAY_EQUALITY ARRAY_FIND_FUNCTIONS ARRAY_ORDERING CAST_DIFFERENT_ARRAY_TYPES
    CHAINED_FUNCTION_CALLS EXPERIMENTAL_MODULES FOR_UPDATE GROUP_BY_ARRAY GROUP_BY_STRUCT INLINE_LAMBDA_ARGUMENT
    INSERT_ON_CONFLICT_CLAUSE JSON_TYPE_COMPARISON LATERAL_JOIN LIMIT_OFFSET_EXPRESSIONS MULTILEVEL_AGGREGATION
    MULTIWAY_UNNEST REPEAT SQL_GRAPH STRUCT_POSITIONAL_ACCESSOR TIMESTAMP_NANOS TIMESTAMP_PICOS TYPEOF_FUNCTION UUID_TYPE
""".split()


class Analyzer(wasm_client.WasmClient):
    """Google's analyzer, started from its compiled file."""

    def __init__(self, compiled):
        config = wasmtime.Config()
        config.shared_memory = True
        engine = wasmtime.Engine(config)
        wasi = wasmtime.WasiConfig()
        wasi.inherit_stderr()
        wasi.preopen_dir(wasm_client.get_tzinfo_dir(), "/usr/share/zoneinfo")
        self.store = wasmtime.Store(engine)
        self.store.set_wasi(wasi)
        linker = wasmtime.Linker(engine)
        linker.define_wasi()
        module = wasmtime.Module.deserialize_file(engine, compiled)
        self.exports = linker.instantiate(self.store, module).exports(self.store)
        self.exports["_initialize"](self.store)
        self.memory = self.exports["memory"]

    # The methods of the package copy messages byte by byte, which takes seconds.

    def write_bytes(self, ptr, data):
        ctypes.memmove(self.address(ptr), data, len(data))

    def read_bytes(self, ptr, size):
        return ctypes.string_at(self.address(ptr), size)

    def address(self, ptr):
        return ctypes.addressof(self.memory.data_ptr().contents) + ptr

    def call(self, method, request, response):
        return self.call_grpc_func("ZetaSqlLocalService_" + method, request, response)


def dialect():
    """BigQuery's dialect: public types, and all finished features but LACKS."""
    features = {}
    for value in language.LanguageFeature.DESCRIPTOR.values:
        about = value.GetOptions().Extensions[language.language_feature_options]
        if value.number > 0 and about.ideally_enabled and not about.in_development:
            features[value.name.removeprefix("FEATURE_")] = value.number
    for name in LACKS:
        number = features[name]
        features = {name: n for name, n in features.items() if n != number}  # a feature may have two names
    return options_pb2.LanguageOptionsProto(
        product_mode=language.PRODUCT_EXTERNAL, enabled_language_features=sorted(set(features.values()))
    )


class Checker:
    def __init__(self, analyzer):
        self.analyzer = analyzer
        self.dialect = dialect()
        self.tables = {}  # by path
        self.types = {}  # of parameters, by name
        self.catalog = None  # of the tables, registered with the analyzer

    def check(self, sql, params):
        """Analyze the statements of a text. A ServerError has the first fault."""
        options = options_pb2.AnalyzerOptionsProto(
            language_options=self.dialect,
            error_message_mode=language.ERROR_MESSAGE_MULTI_LINE_WITH_CARET,
            statement_context=language.CONTEXT_DEFAULT,
        )
        for name, kind in params.items():
            options.query_parameters.add(name=name, type=self.type(kind))
        request = service.AnalyzeRequest(options=options)
        request.parse_resume_location.input = sql
        end = len(sql.encode().rstrip())
        while request.parse_resume_location.byte_position < end:
            answer = self.analyze(request)
            self.note(answer.resolved_statement)
            request.parse_resume_location.byte_position = answer.resume_byte_position

    def analyze(self, request):
        if self.catalog is None:
            register = service.RegisterCatalogRequest(simple_catalog=self.simple_catalog())
            self.catalog = self.analyzer.call("RegisterCatalog", register, service.RegisterResponse).registered_id
        request.registered_catalog_id = self.catalog
        return self.analyzer.call("Analyze", request, service.AnalyzeResponse)

    def type(self, kind):
        """The type with a name, as "ARRAY<STRING>"."""
        if kind not in self.types:
            request = service.AnalyzeRequest(
                options=options_pb2.AnalyzerOptionsProto(language_options=self.dialect),
                sql_statement=f"SELECT CAST(NULL AS {kind}) AS x",
            )
            statement = self.analyze(request).resolved_statement.resolved_query_stmt_node
            self.types[kind] = statement.output_column_list[0].column.type
        return self.types[kind]

    def note(self, statement):
        """Remember the table or view that a statement creates."""
        create = statement.resolved_create_statement_node
        kind = create.WhichOneof("node")
        if kind == "resolved_create_table_stmt_base_node":
            table = inner(inner(create)).parent
            columns = [(c.name, c.type) for c in table.column_definition_list]
        elif kind == "resolved_create_view_base_node":
            table = inner(inner(create)).parent
            columns = [(c.name, c.column.type) for c in table.output_column_list]
        else:
            return
        self.tables[tuple(table.parent.name_path)] = columns
        self.catalog = None

    def simple_catalog(self):
        """The tables, each under its full name and those that a default project or dataset allows."""
        catalog = simple_catalog_pb2.SimpleCatalogProto(name="check")
        catalog.builtin_function_options.language_options.CopyFrom(self.dialect)
        for number, (path, columns) in enumerate(self.tables.items()):
            path = ".".join(path).split(".")
            for start in range(len(path)):
                add(catalog, [".".join(path[start:])], columns, number)
                if start + 1 < len(path):
                    add(catalog, path[start:], columns, number)
        return catalog


def inner(message):
    """The message that a message of any kind has."""
    return getattr(message, message.WhichOneof("node"))


def add(catalog, path, columns, number):
    """Add a table to a catalog, in the catalog of its dataset."""
    for name in path[:-1]:
        below = [c for c in catalog.catalog if c.name == name]
        catalog = below[0] if below else catalog.catalog.add(name=name)
    table = catalog.table.add(name=path[-1], serialization_id=number)
    for name, kind in columns:
        table.column.add(name=name, type=kind)


def main():
    checker = Checker(Analyzer(sys.argv[1]))
    for line in sys.stdin:
        text = json.loads(line)
        try:
            checker.check(text["sql"], text["params"])
            error = ""
        except ServerError as e:
            error = e.raw_error.partition("Message: ")[2] or str(e)
        print(json.dumps({"error": error}), flush=True)


main()
