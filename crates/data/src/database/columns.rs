//! Which columns of a query are taken: those whose text says all of the value and that a table of readings has a place for.

use std::collections::HashSet;

use gyeol_base::{Fault, Result};
use tokio_postgres::types::{Kind, Type};

/// Types that are taken as they are written: numbers, times, texts, truth values.
const TAKEN: &[&str] = &[
    "bool",
    "int2",
    "int4",
    "int8",
    "oid",
    "float4",
    "float8",
    "numeric",
    "text",
    "varchar",
    "bpchar",
    "char",
    "name",
    "citext",
    "uuid",
    "date",
    "time",
    "timestamp",
    "timestamptz",
    "unknown",
];

/// Refuses columns of other types, and names that stand twice.
pub(super) fn check(shown: &str, columns: &[(&str, &Type)]) -> Result<()> {
    if columns.is_empty() {
        return Err(Fault::new("no-select", "the query returns no columns")
            .file(shown)
            .cause("it is no SELECT")
            .next("write a query that begins with select, with, values or table")
            .input());
    }
    let mut seen = HashSet::new();
    for (name, kind) in columns {
        if !seen.insert(*name) {
            return Err(Fault::new("repeated-column", format!("the query names two columns '{name}'"))
                .file(shown)
                .column(*name)
                .cause("a join of tables that both have it, or expressions without a name of their own")
                .next(format!("give one of them another name: … as \"{name}_2\""))
                .input());
        }
        let (kind, of) = bare(kind);
        if matches!(kind.kind(), Kind::Enum(_)) || TAKEN.contains(&kind.name()) {
            continue;
        }
        let next = match kind.name() {
            "money" => "turn it into a number: column::numeric",
            "interval" => "turn it into a number: extract(epoch from column)",
            "timetz" => "join it with its date to a moment (timestamptz), or take it as text: column::text",
            "json" | "jsonb" => "take a value out of it: (column->>'load')::numeric, or leave it out",
            "bytea" => "leave it out",
            _ if matches!(kind.kind(), Kind::Array(_)) => {
                "take one element, or a row for each: unnest(column)"
            }
            _ => "leave it out, or say what is meant of it: column::text",
        };
        let word = kind.name().strip_prefix('_').map_or(kind.name().to_owned(), |inner| format!("{inner}[]"));
        return Err(Fault::new(
            "column-type",
            format!("a column of the type {word}{of}, which no reading has"),
        )
        .file(shown)
        .column(*name)
        .cause("a value that is several, or that is no number, time or text")
        .next(next)
        .input());
    }
    Ok(())
}

/// What a domain is made over.
fn bare(kind: &Type) -> (&Type, String) {
    let (mut kind, mut of) = (kind, String::new());
    while let Kind::Domain(inner) = kind.kind() {
        of = format!(" (domain {})", kind.name());
        kind = inner;
    }
    (kind, of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_that_a_table_has_no_place_for_are_named() {
        let ok =
            [("t", &Type::TIMESTAMPTZ), ("mw", &Type::NUMERIC), ("id", &Type::TEXT), ("on", &Type::BOOL)];
        assert!(check("db", &ok).is_ok());
        for (kind, says) in [
            (Type::JSONB, "->>"),
            (Type::BYTEA, "leave it out"),
            (Type::FLOAT8_ARRAY, "unnest"),
            (Type::INTERVAL, "epoch"),
            (Type::MONEY, "::numeric"),
            (Type::POINT, "::text"),
            (Type::TSTZ_RANGE, "::text"),
        ] {
            let error = check("db", &[("t", &Type::DATE), ("odd", &kind)]).unwrap_err();
            assert_eq!((error.code(), error.fault().column.as_deref()), ("column-type", Some("odd")));
            assert!(error.to_string().contains(says), "{error}");
        }
        assert_eq!(
            check("db", &[("a", &Type::INT4), ("a", &Type::INT4)]).unwrap_err().code(),
            "repeated-column"
        );
        assert_eq!(check("db", &[]).unwrap_err().code(), "no-select");
    }

    #[test]
    fn a_domain_counts_as_what_it_is_made_over() {
        let over = |inner| Type::new("mw".into(), 90_000, Kind::Domain(inner), "public".into());
        assert!(check("db", &[("a", &over(Type::NUMERIC))]).is_ok());
        assert!(check("db", &[("a", &over(over(Type::JSON)))]).unwrap_err().to_string().contains("domain"));
        let state = Type::new("state".into(), 90_001, Kind::Enum(vec!["on".into()]), "public".into());
        assert!(check("db", &[("a", &state)]).is_ok());
    }
}
