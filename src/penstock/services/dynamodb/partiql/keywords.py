"""The words that PartiQL reserves: quoted they are names, bare they are not.

Source: https://partiql.org/assets/PartiQL-Specification.pdf, of SQL-92 5.2
"""

KEYWORDS = frozenset(
    """
    absolute action add all allocate alter and any are as asc assertion at authorization avg begin between bit
    bit_length by cascade cascaded case cast catalog char character character_length char_length check close coalesce
    collate collation column commit connect connection constraint constraints continue convert corresponding count
    create cross current current_date current_time current_timestamp current_user cursor date deallocate dec decimal
    declare default deferrable deferred delete desc describe descriptor diagnostics disconnect distinct domain double
    drop else end end-exec escape except exception exec execute exists external extract fetch first float for foreign
    found from full get global go goto grant group having identity immediate in indicator initially inner input
    insensitive insert int integer intersect interval into is isolation join key language last left level like local
    lower match max min module national natural nchar next no not null nullif numeric octet_length of on only
    open option or order outer output overlaps pad partial position precision prepare preserve primary prior privileges
    procedure public read real references relative restrict revoke right rollback rows schema scroll section select
    session session_user set size smallint some space sql sqlcode sqlerror sqlstate substring sum system_user table
    temporary then time to transaction translate translation trim union unique unknown update upper usage user using
    value values varchar varying view when whenever where with work write zone
    missing pivot unpivot limit offset remove returning bool boolean string symbol clob blob struct tuple list sexp bag
    timestamp true false
    """.split()  # noqa: SIM905
)

# What IS may be followed by -> the type of an attribute, where there is one.
TYPES = {
    "NULL": "NULL",
    "BOOL": "BOOL",
    "BOOLEAN": "BOOL",
    "BLOB": "B",
    "STRING": "S",
    "NUMERIC": "N",
    "STRUCT": "M",
    "TUPLE": "M",
    "LIST": "L",
    **dict.fromkeys(
        (
            "BAG",
            "CHAR",
            "CHARACTER",
            "CLOB",
            "DATE",
            "DECIMAL",
            "DOUBLE",
            "FLOAT",
            "INT",
            "INT2",
            "INT4",
            "INT8",
            "INTEGER",
            "REAL",
            "SEXP",
            "SMALLINT",
            "SYMBOL",
            "TIME",
            "TIMESTAMP",
            "VARCHAR",
        ),
        "",
    ),
}
