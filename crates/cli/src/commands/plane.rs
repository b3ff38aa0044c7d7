//! `gyeol explain MODEL --plane`: the commonest words of a net by their embeddings, on a plane.

use std::path::Path;

use gyeol_bundle::Bundle;
use gyeol_models::{WordsOnPlane, words_on_plane};
use gyeol_report::lesson::{Block, Lesson, Look, Plane, Section, Sheet, Trail};
use gyeol_report::{Language, terminal, text};
use serde_json::{Value, json};

use super::pool;
use super::sequences::token;
use crate::args::Common;
use crate::failure::Result;
use crate::output;

/// Shows `most` words of each table.
pub fn plane(common: &Common, path: &Path, most: usize, html: Option<&Path>) -> Result<()> {
    let bundle = Bundle::open(path)?;
    let rung = bundle.summary().rung;
    let tables = words_on_plane(bundle, most, &pool(common)).map_err(|e| e.in_file(path))?;
    let language = output::language(common.language.as_deref(), None)?;
    if let Some(out) = html {
        output::one_result(common.json, out.to_str().unwrap_or_default())?;
        let page = gyeol_report::lesson_page(&lesson(&rung, &tables, language), language)?;
        output::bytes(out, page.as_bytes())?;
        if out.as_os_str() == "-" {
            return Ok(());
        }
    }
    if common.json {
        let all: Value = tables.iter().map(WordsOnPlane::to_json).collect();
        return output::json(&json!({ "rung": rung, "tables": all }));
    }
    output::text(&terminal::lesson(&lesson(&rung, &tables, language), output::width(), output::color()))
}

fn lesson(rung: &str, tables: &[WordsOnPlane], language: Language) -> Lesson {
    let t = |key: &str, args: &[(&str, String)]| text::message(key, args, language);
    let count = |n: usize| text::count(n, language);
    let chapters = tables.iter().map(|of| {
        let args = [
            ("n", count(of.words.len())),
            ("known", count(of.known)),
            ("width", count(of.width)),
            ("share", text::percent(of.share[0] + of.share[1], 1, language)),
        ];
        let title = t("words-plane-table", &[("table", of.table.clone())]);
        let head = ["words-plane-word", "words-plane-x", "words-plane-y", "words-plane-rank"];
        let row = |one: &gyeol_models::WordPoint| {
            let number = |v: f64| text::signed(v, 3, language);
            vec![token(&one.word), number(one.x), number(one.y), count(one.rank)]
        };
        let axis = |key: &str, share: f64| format!("{} ({})", t(key, &[]), text::percent(share, 1, language));
        let points = of.words.iter().map(|one| (one.x, one.y));
        let plane = Plane {
            title: title.clone(),
            see: t("words-plane-see", &args),
            x_title: axis("words-plane-x", of.share[0]),
            y_title: axis("words-plane-y", of.share[1]),
            trails: vec![Trail {
                points: points.collect(),
                look: Look::Accent,
                dots: true,
                ..Trail::default()
            }],
            labels: of.words.iter().map(|one| (one.x, one.y, token(&one.word))).collect(),
            table: Some(Sheet {
                head: head.map(|key| t(key, &[])).to_vec(),
                rows: of.words.iter().map(row).collect(),
                ..Sheet::default()
            }),
            ..Plane::default()
        };
        Section { title, blocks: vec![Block::Plane(Box::new(plane))] }
    });
    Lesson {
        title: t("words-plane-title", &[("rung", text::rung_title(rung, language))]),
        chapters: chapters.collect(),
        ..Lesson::default()
    }
}
