//! The pages: figures and words are made here, templates only lay them out.
//!
//! A ladder's page is one frame around the report's chapters, each drawn by its own file. What every task has is in
//! [`View`]; what only readings or texts have is in [`Readings`] and [`Texts`].

mod answer;
mod blocks;
mod certainty;
mod classes;
mod corpus;
mod data;
mod days;
mod errors;
mod examples;
mod findings;
mod grid;
mod inside;
mod ladder;
mod learning;
mod lesson;
mod levels;
mod lines;
mod protocol;
mod texts;
mod topics;
mod view;

use gyeol_base::{Error, Fault, Result};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Value, context};
use serde::Serialize;

pub(crate) use blocks::{Figure, Table, Voice};
pub(crate) use corpus::{deck as corpus_deck, findings as corpus_findings};
pub(crate) use data::deck as profile_deck;
pub(crate) use findings::{Finding, finding};
pub(crate) use lesson::page as lesson_page;
pub(crate) use view::{Readings, Texts, View};

use crate::Language;
use crate::model::{Chapter, Report};
use crate::text;
use crate::topic_map::TopicMap;

const TEMPLATES: [(&str, &str); 27] = [
    ("frame.html", include_str!("../templates/frame.html")),
    ("report.html", include_str!("../templates/report.html")),
    ("inspect.html", include_str!("../templates/inspect.html")),
    ("topics.html", include_str!("../templates/topics.html")),
    ("lesson.html", include_str!("../templates/lesson.html")),
    ("corpus.html", include_str!("../templates/corpus.html")),
    ("macros.html", include_str!("../templates/macros.html")),
    ("answer.html", include_str!("../templates/answer.html")),
    ("ladder.html", include_str!("../templates/ladder.html")),
    ("days.html", include_str!("../templates/days.html")),
    ("errors.html", include_str!("../templates/errors.html")),
    ("levels.html", include_str!("../templates/levels.html")),
    ("learning.html", include_str!("../templates/learning.html")),
    ("certainty.html", include_str!("../templates/certainty.html")),
    ("data.html", include_str!("../templates/data.html")),
    ("grid.html", include_str!("../templates/grid.html")),
    ("classes.html", include_str!("../templates/classes.html")),
    ("lines.html", include_str!("../templates/lines.html")),
    ("texts.html", include_str!("../templates/texts.html")),
    ("coefficients.html", include_str!("../templates/coefficients.html")),
    ("costs.html", include_str!("../templates/costs.html")),
    ("examples.html", include_str!("../templates/examples.html")),
    ("figures.html", include_str!("../templates/figures.html")),
    ("mistakes.html", include_str!("../templates/mistakes.html")),
    ("telling.html", include_str!("../templates/telling.html")),
    ("inside.html", include_str!("../templates/inside.html")),
    ("protocol.html", include_str!("../templates/protocol.html")),
];

const STYLE: &str = concat!(
    include_str!("../templates/style.css"),
    include_str!("../templates/svg.css"),
    include_str!("../templates/print.css")
);
const SCRIPT: &str = include_str!("../templates/script.js");
const TOPIC_STYLE: &str = include_str!("../templates/topics.css");
const TOPIC_SCRIPT: &str = include_str!("../templates/topics.js");

fn environment(language: Language) -> std::result::Result<Environment<'static>, minijinja::Error> {
    let mut env = Environment::new();
    env.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    for (name, source) in TEMPLATES {
        env.add_template(name, source)?;
    }
    env.add_function(
        "t",
        move |key: String, args: minijinja::value::Kwargs| -> std::result::Result<String, minijinja::Error> {
            let mut filled: Vec<(String, String)> = Vec::new();
            for name in args.args() {
                let value: Value = args.get(name)?;
                filled.push((name.to_string(), value.to_string()));
            }
            let args: Vec<(&str, String)> = filled.iter().map(|(n, v)| (n.as_str(), v.clone())).collect();
            Ok(text::message(&key, &args, language))
        },
    );
    Ok(env)
}

/// What the frame holds around the body of a page.
struct Frame<'a> {
    /// Template of the body.
    body: &'static str,
    /// Key of the title of the document, which names the data.
    head: &'static str,
    title: &'a str,
    version: &'a str,
    /// Where the skip link leads, and the key of its words; none without chapters.
    skip: Option<(&'a str, &'static str)>,
    /// Styles and script beside those of every page.
    style: &'static str,
    script: &'static str,
}

/// Puts a page together; the body's template finds `page` as `it`.
fn render(frame: &Frame, page: &impl Serialize, language: Language) -> Result<String> {
    let whole = context! {
        language => language.name(),
        style => STYLE.to_string() + frame.style,
        script => frame.script,
        body => frame.body,
        head => frame.head,
        title => frame.title,
        version => frame.version,
        skip => frame.skip,
        it => Value::from(Serde(page)),
    };
    environment(language)
        .and_then(|env| env.get_template("frame.html")?.render(whole))
        .map_err(|e| Error::defect(format!("the page could not be put together: {e}")))
}

/// A chapter as the frame lays it out.
#[derive(Serialize)]
struct Drawn {
    /// Its anchor.
    id: String,
    title: String,
    template: String,
    it: Value,
}

/// The page of a ladder.
#[derive(Serialize)]
struct Whole {
    answer: Option<answer::Answer>,
    chapters: Vec<Drawn>,
}

pub(crate) fn page(report: &Report, language: Language) -> Result<String> {
    if report.best >= report.rungs.len() {
        let found =
            format!("the report names rung {} as the best, but holds {}", report.best, report.rungs.len());
        return Err(Fault::new("no-best-rung", found)
            .cause("it was cut or edited")
            .next("run the ladder again")
            .input());
    }
    let view = View::new(report, language);
    let mut chapters: Vec<Drawn> = Vec::new();
    for chapter in &report.chapters {
        let Some((name, key, it)) = draw(&view, chapter)? else { continue };
        let before = chapters.iter().filter(|c| c.template == format!("{name}.html")).count();
        chapters.push(Drawn {
            id: if before == 0 { name.to_string() } else { format!("{name}-{}", before + 1) },
            title: text::message(key, &[], language),
            template: format!("{name}.html"),
            it,
        });
    }
    let answer = report.chapters.contains(&Chapter::Answer).then(|| answer::answer(&view));
    let page = Whole { answer, chapters };
    let frame = Frame {
        body: "report.html",
        head: "page-title",
        title: &report.head.name,
        version: &report.head.version,
        skip: page.chapters.first().map(|c| (c.id.as_str(), "skip")),
        style: "",
        script: SCRIPT,
    };
    render(&frame, &page, language)
}

/// Name of the template (and anchor), key of the title, and content of a chapter; the answer heads the page instead.
fn draw(view: &View, chapter: &Chapter) -> Result<Option<(&'static str, &'static str, Value)>> {
    fn of(it: impl Serialize) -> Value {
        Value::from(Serde(it))
    }
    let readings = |name| Readings::new(view).ok_or_else(|| foreign(name, "forecasts of readings"));
    let texts = |name| Texts::new(view).ok_or_else(|| foreign(name, "language models"));
    Ok(Some(match chapter {
        Chapter::Answer => return Ok(None),
        Chapter::Ladder => ("ladder", "chapter-ladder", of(ladder::ladder(view))),
        Chapter::Days(days) => ("days", "chapter-days", of(days::days(&readings("days")?, days))),
        Chapter::Errors => ("errors", "chapter-errors", of(errors::errors(&readings("errors")?))),
        Chapter::Levels => {
            let readings = readings("levels")?;
            let Some(found) = &readings.best.levels else { return Ok(None) };
            ("levels", "chapter-levels", of(levels::levels(&readings, found)))
        }
        Chapter::Learning => ("learning", "chapter-learning", of(learning::learning(view))),
        Chapter::Certainty => {
            ("certainty", "chapter-certainty", of(certainty::certainty(&readings("certainty")?)))
        }
        Chapter::Data(data) => ("data", "chapter-data", of(data::of_report(&readings("data")?, data))),
        Chapter::Grid(grid) => ("grid", "chapter-settings", of(grid::grid(view, grid))),
        Chapter::Classes(classes) => {
            ("classes", "chapter-errors", of(classes::classes(&texts("classes")?, classes)))
        }
        Chapter::Lines(lines) => ("lines", "chapter-words", of(lines::lines(&texts("lines")?, lines))),
        Chapter::Texts => ("texts", "chapter-data", of(texts::texts(&texts("texts")?))),
        Chapter::Examples => match view.report.examples() {
            Some(facts) => ("examples", "chapter-data", of(examples::parts(view, facts))),
            None => return Err(foreign("examples", "examples")),
        },
        Chapter::Confusion(found) => ("figures", "chapter-confusion", of(examples::confusion(view, found))),
        Chapter::Mistakes(found) => {
            ("mistakes", "chapter-mistakes", of(examples::mistakes(view, found, "mistakes-see")))
        }
        Chapter::Telling(found) => ("telling", "chapter-telling", of(examples::telling(view, found))),
        Chapter::Calibration(found) => {
            ("figures", "chapter-calibration", of(examples::calibration(view, found)))
        }
        Chapter::Residuals(found) => ("figures", "chapter-residuals", of(examples::residuals(view, found))),
        Chapter::Sizes(found) => ("figures", "chapter-sizes", of(examples::sizes(view, found))),
        Chapter::Costs(found) => ("costs", "chapter-costs", of(examples::costs(view, found))),
        Chapter::Coefficients(found) => {
            ("coefficients", "chapter-coefficients", of(examples::coefficients(view, found)))
        }
        Chapter::Labelled(found) => ("mistakes", "chapter-labelled", of(examples::labelled(view, found))),
        Chapter::Translations(found) => {
            ("mistakes", "chapter-translations", of(examples::translations(view, found)))
        }
        Chapter::Drawn(found) => ("mistakes", "chapter-drawn", of(examples::drawn(view, found))),
        Chapter::Inside => ("inside", "chapter-inside", of(inside::inside(view))),
        Chapter::Protocol => ("protocol", "chapter-protocol", of(protocol::protocol(view))),
    }))
}

/// A chapter of another task than the report's.
fn foreign(chapter: &str, task: &str) -> Error {
    Fault::new("foreign-chapter", format!("the chapter '{chapter}' in a report that holds no {task}"))
        .cause("it was cut or edited")
        .next("run the ladder again")
        .input()
}

pub(crate) fn profile_page(
    profile: &gyeol_data::profile::Profile,
    name: &str,
    language: Language,
) -> Result<String> {
    render(&looked_at("inspect.html", name), &data::of_profile(profile, language), language)
}

pub(crate) fn corpus_page(
    profile: &gyeol_text::profile::CorpusProfile,
    name: &str,
    language: Language,
) -> Result<String> {
    render(&looked_at("corpus.html", name), &corpus::page(profile, language), language)
}

/// The frame of a page of inspection.
fn looked_at<'a>(body: &'static str, title: &'a str) -> Frame<'a> {
    Frame {
        body,
        head: "inspect-page-title",
        title,
        version: env!("CARGO_PKG_VERSION"),
        skip: None,
        style: "",
        script: "",
    }
}

pub(crate) fn topic_map_page(map: &TopicMap, language: Language) -> Result<String> {
    map.check()?;
    let frame = Frame {
        body: "topics.html",
        head: "topics-page-title",
        title: &map.title,
        version: &map.version,
        skip: Some(("every", "topics-skip")),
        style: TOPIC_STYLE,
        script: TOPIC_SCRIPT,
    };
    render(&frame, &topics::page(map, language)?, language)
}

#[cfg(test)]
pub(crate) fn templates() -> &'static [(&'static str, &'static str)] {
    &TEMPLATES
}
