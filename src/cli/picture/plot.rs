//! Lines over time, or over size.
#![expect(clippy::cast_possible_truncation, reason = "what is drawn is rounded")]

use std::fmt::Write as _;

use super::scale::{Range, Scale, Tick};

#[derive(Debug)]
pub(in crate::cli) struct Plot {
    pub(in crate::cli) title: String,
    /// Stands small beside the title.
    pub(in crate::cli) about: String,
    pub(in crate::cli) x: Axis,
    pub(in crate::cli) y: Axis,
    /// Six are told apart by colour and dashes.
    pub(in crate::cli) lines: Vec<Line>,
}

#[derive(Debug)]
pub(in crate::cli) struct Axis {
    /// What is counted, with its unit: `GiB/s`.
    pub(in crate::cli) label: String,
    pub(in crate::cli) scale: Scale,
}

#[derive(Debug)]
pub(in crate::cli) struct Line {
    pub(in crate::cli) name: String,
    pub(in crate::cli) shape: Shape,
    /// From left to right.
    pub(in crate::cli) points: Vec<(f64, f64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Shape {
    /// A value holds until the next one.
    Steps,
    /// Each point is joined to the next.
    Joined,
}

/// The side of the square that is drawn into; the page stretches it.
const SIDE: f64 = 1000.0;
/// More points than this are a line, and dots would hide it.
const DOTS: usize = 40;

/// What the template draws.
#[derive(Debug)]
pub(super) struct Drawn {
    pub(super) x: Vec<Tick>,
    pub(super) y: Vec<Tick>,
    pub(super) paths: Vec<Path>,
}

/// A line in SVG's words.
#[derive(Debug)]
pub(super) struct Path {
    pub(super) line: String,
    pub(super) dots: String,
}

impl Plot {
    pub(super) fn drawn(&self) -> Drawn {
        let points = || self.lines.iter().flat_map(|line| &line.points);
        let x = Range::of(self.x.scale, points().map(|(x, _)| *x));
        let y = Range::of(self.y.scale, points().map(|(_, y)| *y));
        let place = |(px, py): &(f64, f64)| {
            let has_place = self.x.scale.has(*px) && self.y.scale.has(*py);
            has_place.then(|| (SIDE * x.place(*px), SIDE * (1.0 - y.place(*py))))
        };
        let path = |line: &Line| {
            let places: Vec<_> = line.points.iter().filter_map(place).collect();
            Path::of(line.shape, &thinned(&places))
        };
        Drawn { paths: self.lines.iter().map(path).collect(), x: x.ticks(), y: y.ticks() }
    }
}

impl Path {
    fn of(shape: Shape, places: &[(f64, f64)]) -> Self {
        let (mut line, mut dots) = (String::new(), String::new());
        for (i, (x, y)) in places.iter().enumerate() {
            let _infallible = match (i, shape) {
                (0, _) => write!(line, "M{x:.1} {y:.1}"),
                (_, Shape::Steps) => write!(line, "H{x:.1}V{y:.1}"),
                (_, Shape::Joined) => write!(line, "L{x:.1} {y:.1}"),
            };
            if shape == Shape::Joined && places.len() <= DOTS {
                let _infallible = write!(dots, "M{x:.1} {y:.1}h0");
            }
        }
        if shape == Shape::Steps && !places.is_empty() {
            let _infallible = write!(line, "H{SIDE}");
        }
        Self { line, dots }
    }
}

/// No more points than can be seen: of each column the first, the lowest, the highest and the last, so that no peak is lost.
fn thinned(places: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let column = |(x, _): &(f64, f64)| x.floor() as i64;
    let mut kept = Vec::new();
    for group in places.chunk_by(|a, b| column(a) == column(b)) {
        let height = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
        let wanted = [group.first(), group.iter().min_by(height), group.iter().max_by(height), group.last()];
        let mut wanted: Vec<_> = wanted.into_iter().flatten().copied().collect();
        wanted.sort_by(|a, b| a.0.total_cmp(&b.0));
        wanted.dedup();
        kept.extend(wanted);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(shape: Shape, points: Vec<(f64, f64)>) -> Drawn {
        let axis = |scale| Axis { label: String::new(), scale };
        let line = Line { name: String::new(), shape, points };
        let (x, y) = (axis(Scale::Linear), axis(Scale::Linear));
        Plot { title: String::new(), about: String::new(), x, y, lines: vec![line] }.drawn()
    }

    #[test]
    fn a_value_holds_until_the_next_one_and_to_the_end() {
        let drawn = plot(Shape::Steps, vec![(0.0, 0.0), (5.0, 2.0), (10.0, 1.0)]);
        assert_eq!(drawn.paths[0].line, "M0.0 1000.0H500.0V0.0H1000.0V500.0H1000");
        assert_eq!(drawn.paths[0].dots, "");
    }

    #[test]
    fn few_points_are_dots_and_what_is_no_number_is_left_out() {
        let drawn = plot(Shape::Joined, vec![(0.0, 1.0), (1.0, f64::NAN), (2.0, 2.0)]);
        assert_eq!(drawn.paths[0].line, "M0.0 500.0L1000.0 0.0");
        assert_eq!(drawn.paths[0].dots, "M0.0 500.0h0M1000.0 0.0h0");
    }

    #[test]
    fn a_single_peak_of_a_million_points_is_drawn() {
        let points = (0..1_000_000).map(|i| (f64::from(i), if i == 777_777 { 9.0 } else { 0.0 })).collect();
        let drawn = plot(Shape::Steps, points);
        let line = &drawn.paths[0].line;
        assert!(line.len() < 100_000 && line.contains("V0.0"), "{} bytes", line.len());
    }
}
