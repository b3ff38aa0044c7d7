//! `serve`.

use std::io::Write as _;
use std::time::Duration;

use gyeol_serve::{Named, ServeOptions};

use crate::args::{Common, Serve};
use crate::failure::Result;
use crate::output;

/// `gyeol serve`.
pub fn serve(common: &Common, args: Serve) -> Result<()> {
    let language = output::language(common.language.as_deref(), None)?;
    let mut models: Vec<Named> = Vec::new();
    for file in &args.models {
        let opened = gyeol_models::open(file)?;
        let mut name = file.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let taken = |name: &str| models.iter().any(|m| m.name == name);
        if taken(&name) {
            // Two files of one name in different folders: the rung tells them apart, a number if even that repeats.
            let base = format!("{name}-{}", opened.summary.rung.replace(':', "-"));
            name = base.clone();
            let mut n = 2;
            while taken(&name) {
                name = format!("{base}-{n}");
                n += 1;
            }
        }
        models.push(Named::new(name, opened.summary.kind, opened.model));
    }
    let options = ServeOptions {
        addr: args.addr,
        max_body: args.max_body.clamp(1, 4096) << 20,
        timeout: Duration::from_secs(args.timeout.clamp(1, 86_400)),
        hosts: args.hosts,
        max_connections: args.max_connections,
        max_per_peer: args.max_per_peer,
        language: language.name().into(),
        ..ServeOptions::default()
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let quiet = common.quiet;
    let first = match models.first() {
        Some(m) if m.kind != "forecast" => format!("/v1/models/{}/…", m.name),
        _ => "/v1/forecast".to_owned(),
    };
    let routes: Vec<String> = models
        .iter()
        .map(|m| {
            let verbs: Vec<&str> = m.model().verbs().iter().map(|verb| verb.name).collect();
            format!("  POST /v1/models/{}/{}", m.name, verbs.join(" · "))
        })
        .collect();
    let say = |at: std::net::SocketAddr| {
        if !quiet {
            // Whoever started it may have stopped listening; it serves all the same.
            let mut to = std::io::stderr();
            let _ = writeln!(to, "  http://{at}/   POST {first}   Ctrl-C stops");
            routes.iter().filter(|_| routes.len() > 1).for_each(|route| _ = writeln!(to, "{route}"));
        }
    };
    runtime.block_on(gyeol_serve::serve_and_say(models, options, say))?;
    Ok(())
}
