//! The page of a lesson.

use gyeol_base::Result;
use serde::Serialize;

use super::{Figure, Frame, Table, render};
use crate::Language;
use crate::lesson::{Block, Lesson, Sheet};
use crate::picture;

#[derive(Serialize)]
struct Page {
    deck: String,
    sentence: String,
    chapters: Vec<Chapter>,
}

#[derive(Serialize)]
struct Chapter {
    title: String,
    blocks: Vec<Drawn>,
}

/// One of these, the others empty.
#[derive(Default, Serialize)]
struct Drawn {
    words: String,
    formula: String,
    sheet: Option<(String, String, Table)>,
    figure: Option<Figure>,
    tints: Option<Tinted>,
}

/// A picture that scrolls in its frame.
#[derive(Serialize)]
struct Tinted {
    title: String,
    see: String,
    names: String,
    picture: String,
    key: String,
    table: Table,
}

pub(crate) fn page(lesson: &Lesson, language: Language) -> Result<String> {
    let table = |sheet: &Sheet| Table { head: sheet.head.clone(), rows: sheet.rows.clone() };
    let draw = |block: &Block| match block {
        Block::Words(words) => Drawn { words: words.clone(), ..Drawn::default() },
        Block::Formula(formula) => Drawn { formula: formula.clone(), ..Drawn::default() },
        Block::Sheet(sheet) => {
            Drawn { sheet: Some((sheet.title.clone(), sheet.see.clone(), table(sheet))), ..Drawn::default() }
        }
        Block::Plane(plane) => {
            let behind = plane.table.as_ref().map(table);
            let paint = |words: &picture::Words, width: f64| picture::plane(plane, words, width, language);
            let figure = Figure::draw("full", plane.title.clone(), plane.see.clone(), behind, &paint);
            Drawn { figure: Some(figure), ..Drawn::default() }
        }
        Block::Tints(tints) => {
            let [names, picture, key] = picture::tints(tints, language);
            let (title, see, table) = (tints.title.clone(), tints.see.clone(), table(&tints.table));
            Drawn { tints: Some(Tinted { title, see, names, picture, key, table }), ..Drawn::default() }
        }
    };
    let chapters = lesson.chapters.iter().map(|chapter| Chapter {
        title: chapter.title.clone(),
        blocks: chapter.blocks.iter().map(draw).collect(),
    });
    let page =
        Page { deck: lesson.deck.clone(), sentence: lesson.sentence.clone(), chapters: chapters.collect() };
    let frame = Frame {
        body: "lesson.html",
        head: "lesson-page-title",
        title: &lesson.title,
        version: env!("CARGO_PKG_VERSION"),
        skip: None,
        style: "",
        script: "",
    };
    render(&frame, &page, language)
}
