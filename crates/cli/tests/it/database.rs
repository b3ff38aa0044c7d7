//! Readings out of a database at the command: with the feature against a real server, without it what is said.

use crate::common::Place;

const ADDRESS: &str = "postgresql://reader:hunter2@localhost:1/grid";
const QUERY: &str = "select time, load from readings order by time";

#[test]
fn a_query_and_a_database_go_together() {
    let place = Place::new();
    place.write("load.csv", "time,load\n2024-01-01 00:00,1\n2024-01-01 01:00,2\n2024-01-01 02:00,3\n");
    place.call(&["inspect", "load.csv", "--query", QUERY]).misused(&["--query", "load.csv"]);
    place.call(&["inspect", ADDRESS, "--query", QUERY, "--query-file", "q.sql"]).misused(&["--query-file"]);
    place.call(&["init", ADDRESS, "--query", QUERY, "--task", "classify"]).misused(&["other tasks"]);
    // No part of a query is asked in its place.
    place.write("long.sql", format!("select 1 -- {}", "x".repeat(1 << 20)));
    place
        .call(&["inspect", ADDRESS, "--query-file", "long.sql"])
        .failed(&["long.sql", "more than 1048576 bytes"]);
    let without = place.call(&["inspect", ADDRESS]).failed(&["no query", "--query"]);
    assert!(!without.err.contains("hunter2"), "{without:?}");
    let bad = place.call(&["inspect", "postgresql://u:hunter2%zz@h/d", "--query", QUERY]);
    assert!(bad.code != Some(0) && !bad.err.contains("hunter2"), "{bad:?}");
    for (recipe, says) in [
        ("[data]\nfile = \"a.csv\"\ndatabase = \"postgresql://h/d\"\nquery = \"select 1\"\n", "both set"),
        ("[data]\ndatabase = \"postgresql://h/d\"\n", "data.query"),
        ("[data]\nfile = \"a.csv\"\nquery = \"select 1\"\n", "without a database"),
        ("[data]\ndatabase = \"grid\"\nquery = \"select 1\"\n", "no address"),
        ("[data]\ndatabase = \"postgresql://h/d\"\nquery = \"select 1\"\ndelimiter = \";\"\n", "delimiter"),
        ("[data]\ndatabase = \"postgresql://u:hunter2%zz@h/d\"\nquery = \"select 1\"\n", "cannot be read"),
    ] {
        place.write("r.toml", recipe);
        let said = place.call(&["run", "r.toml"]).failed(&[says]);
        assert!(!said.err.contains("hunter2"), "{said:?}");
    }
}

#[cfg(not(feature = "postgres"))]
#[test]
fn without_the_feature_the_error_says_how_to_get_it() {
    let place = Place::new();
    for verb in
        [&["inspect", ADDRESS][..], &["run", ADDRESS], &["init", ADDRESS], &["clean", ADDRESS, "-o", "c.csv"]]
    {
        let args = [verb, &["--query", QUERY]].concat();
        let said = place.call(&args).failed(&["--features postgres", "psql"]);
        assert!(!said.err.contains("hunter2"), "{said:?}");
    }
    assert!(place.listing().iter().all(|path| !path.ends_with("c.csv")));
}

#[cfg(feature = "postgres")]
mod served {
    use super::*;
    use crate::common::{FORECAST, HOURS, hourly};
    use crate::postgres::{ENCODED, PASSWORD, Server};

    /// From the address to a judged model and back to a forecast, as from a file; and no password anywhere.
    #[test]
    #[cfg_attr(not(gyeol_postgres), ignore = "GYEOL_POSTGRES names no folder of PostgreSQL's programs")]
    fn a_database_serves_as_a_file_does() {
        let server = Server::start();
        let place = Place::new();
        place.write("load.csv", hourly(HOURS));
        server.sql("grid", "create table readings (time timestamp, load numeric, temperature numeric); grant select on readings to reader");
        std::fs::copy(place.at("load.csv"), server.path("load.csv")).unwrap();
        server.sql("grid", &format!("copy readings from '{}' csv header", server.path("load.csv").display()));
        let query = "select * from readings order by time";
        let address = format!("postgresql://reader:{ENCODED}@localhost:{}/grid", server.port);
        let public = format!("postgresql://reader@localhost:{}/grid", server.port);

        let looked = place.call(&["inspect", &address, "--query", query, "--json"]).ok().json();
        assert_eq!(looked["rows"], HOURS);
        // The same as of the file, but for where it came from.
        let file = place.call(&["inspect", "load.csv", "--json"]).ok().json();
        for key in ["rows", "columns", "clock"] {
            assert_eq!(looked[key], file[key], "{key}");
        }

        place.write("q.sql", query);
        let init = place.call(&["init", &address, "--query-file", "q.sql", "-o", "grid.toml"]).ok();
        assert!(init.err.contains("password"), "{init:?}");
        let recipe = String::from_utf8(place.read("grid.toml")).unwrap();
        assert!(recipe.contains(&format!("database = \"{public}\"")), "{recipe}");
        assert!(recipe.contains(&format!("query = \"{query}\"")) && !recipe.contains("\nfile ="), "{recipe}");

        let rungs = "[[rung]]\nname = \"last-value\"\n[[rung]]\nname = \"seasonal-naive\"\n";
        let data = format!("[data]\ndatabase = \"{address}\"\nquery = \"{query}\"\n");
        place.write("r.toml", format!("{data}{FORECAST}{rungs}"));
        place.write("f.toml", format!("[data]\nfile = \"load.csv\"\n{FORECAST}{rungs}"));
        place.call(&["run", "r.toml", "--out", "db"]).ok();
        place.call(&["run", "f.toml", "--out", "file"]).ok();
        let (of_db, of_file) = (place.json("db/scores.json"), place.json("file/scores.json"));
        assert_eq!(of_db["data"]["rows"], of_file["data"]["rows"]);
        let test = |scores: &serde_json::Value| {
            scores["rungs"].as_array().unwrap().iter().map(|r| r["test"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(test(&of_db), test(&of_file));
        let page = String::from_utf8(place.read("db/report.html")).unwrap();
        assert!(page.contains("PostgreSQL") && page.contains("from readings order by time"));

        let out = place.call(&["predict", "db/model.gyeol", &address, "--query", query]).ok().out;
        assert_eq!(out, place.call(&["predict", "file/model.gyeol", "load.csv"]).ok().out);
        // By the environment, as psql does.
        let mut command = place.command(&["predict", "db/model.gyeol", &public, "--query", query, "-q"]);
        let by_env = command.env("PGPASSWORD", PASSWORD).output().unwrap();
        assert_eq!(String::from_utf8(by_env.stdout).unwrap(), out);

        // The same rows go on; other rows are another run, and say so.
        place.call(&["run", "r.toml", "--out", "db", "--resume"]).ok();
        assert_eq!(place.json("db/scores.json")["data"]["sha256"], of_db["data"]["sha256"]);
        server
            .sql("grid", "update readings set load = load + 1 where time = (select max(time) from readings)");
        place.call(&["run", "r.toml", "--out", "db", "--resume"]);
        assert_ne!(
            place.json("db/scores.json")["data"]["sha256"],
            of_db["data"]["sha256"],
            "rungs of other rows were taken over"
        );

        for path in place.listing().into_iter().filter(|path| place.at(path.to_str().unwrap()).is_file()) {
            let name = path.to_str().unwrap();
            let bytes = place.read(name);
            let holds = |word: &str| bytes.windows(word.len()).any(|part| part == word.as_bytes());
            assert!(name == "r.toml" || !(holds(ENCODED) || holds(PASSWORD)), "{name} holds the password");
        }
        // A query that fails half-way leaves nothing.
        let halfway = "select time, 1 / (extract(epoch from time)::bigint / 3600 - 465000) as load from readings order by time";
        place.fails(&["clean", &address, "--query", halfway, "-o", "half.csv"], &["22012"]);
    }
}
