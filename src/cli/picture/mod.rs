//! Pages that show how something went: one file that asks nothing of anywhere.
//!
//! Who has something to show fills a [`Picture`]; how it looks is in `templates/picture.html` and its style. Every text is
//! escaped there, so a name or a log can hold whatever it likes.

mod plot;
mod scale;

use askama::Template;

pub(in crate::cli) use plot::{Axis, Line, Plot, Shape};
pub(in crate::cli) use scale::Scale;

use crate::ops::fleet::Outcome;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The whole page, in the order in which it is read: the verdict first, how it was run last.
#[derive(Debug, Template)]
#[template(path = "picture.html")]
pub(in crate::cli) struct Picture {
    /// What was looked at: `prbs on /dev/xdma0_user`.
    pub(in crate::cli) title: String,
    /// Gives the colour.
    pub(in crate::cli) verdict: Outcome,
    /// The verdict in words.
    pub(in crate::cli) said: String,
    pub(in crate::cli) summary: Vec<String>,
    pub(in crate::cli) parts: Vec<Part>,
    pub(in crate::cli) how: Vec<(&'static str, String)>,
}

#[derive(Debug)]
pub(in crate::cli) enum Part {
    Plot(Plot),
    Table(Table),
    Logs { title: &'static str, logs: Vec<Log> },
}

#[derive(Debug)]
pub(in crate::cli) struct Table {
    pub(in crate::cli) title: &'static str,
    pub(in crate::cli) head: Vec<&'static str>,
    pub(in crate::cli) rows: Vec<Vec<Cell>>,
}

#[derive(Debug)]
pub(in crate::cli) enum Cell {
    Text(String),
    /// A name, and below it what the service calls the thing.
    Named {
        name: String,
        id: String,
    },
    Outcome(Outcome, String),
    Chips(Vec<Chip>),
}

/// A chip in a host's cell.
#[derive(Debug)]
pub(in crate::cli) struct Chip {
    pub(in crate::cli) device: String,
    /// What stands on it, such as the test's name.
    pub(in crate::cli) name: String,
    pub(in crate::cli) outcome: Outcome,
}

/// The end of what something wrote.
#[derive(Debug)]
pub(in crate::cli) struct Log {
    pub(in crate::cli) title: String,
    pub(in crate::cli) outcome: Outcome,
    pub(in crate::cli) text: String,
}

impl Picture {
    /// The file's content.
    pub(in crate::cli) fn html(&self) -> String {
        self.render().expect("a String takes every text")
    }
}

impl Chip {
    /// Says what the colour says, for who can't tell colours.
    fn letter(&self) -> char {
        self.outcome.name().chars().next().unwrap_or('?').to_ascii_uppercase()
    }

    fn label(&self) -> String {
        format!("{} {}: {}", self.device, self.name, words(self.outcome))
    }
}

/// An outcome as people write it.
pub(in crate::cli) fn words(outcome: Outcome) -> String {
    outcome.name().replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "</title></style><script>alert(1)</script><img src=x onerror='alert(1)'>\"&amp;";

    fn everything_says(text: &str) -> Picture {
        let said = || text.to_owned();
        let axis = |scale| Axis { label: said(), scale };
        let line = |shape| Line { name: said(), shape, points: vec![(1.0, 1.0), (2.0, 1e9)] };
        let plot = Plot {
            title: said(),
            about: said(),
            x: axis(Scale::Time),
            y: axis(Scale::Log),
            lines: vec![line(Shape::Steps), line(Shape::Joined)],
        };
        let chip = Chip { device: said(), name: said(), outcome: Outcome::Fault };
        let cells = vec![
            Cell::Text(said()),
            Cell::Named { name: said(), id: said() },
            Cell::Outcome(Outcome::NotRun, said()),
            Cell::Chips(vec![chip]),
        ];
        let log = Log { title: said(), outcome: Outcome::Failed, text: said() };
        Picture {
            title: said(),
            verdict: Outcome::Fault,
            said: said(),
            summary: vec![said()],
            parts: vec![
                Part::Plot(plot),
                Part::Table(Table { title: "Table", head: vec!["a", "b", "c", "d"], rows: vec![cells] }),
                Part::Logs { title: "Logs", logs: vec![log] },
            ],
            how: vec![("command", said())],
        }
    }

    #[test]
    fn hostile_text_is_text_wherever_it_stands() {
        let page = everything_says(HOSTILE).html();
        let inert = everything_says("MARK").html();
        let tags = |page: &str| page.matches('<').count();
        assert_eq!(tags(&page), tags(&inert), "{page}");
        assert_eq!(page.matches(['"', '\'']).count(), inert.matches(['"', '\'']).count(), "{page}");
        assert!(inert.matches("MARK").count() >= 20, "{inert}");
        assert!(page.contains("&#60;script&#62;alert(1)"), "{page}");
    }

    #[test]
    fn the_verdict_comes_first_and_how_it_was_run_last() {
        let page = everything_says("MARK").html();
        let places = ["<h1>", "<figure>", "<table>", "<pre", "How it was run"].map(|mark| page.find(mark));
        assert!(places.is_sorted() && places[0].is_some(), "{places:?} {page}");
    }
}
