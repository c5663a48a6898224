//! How values become places along an axis, and which of them are written beside it.
#![expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "what is drawn is rounded")]

/// How values are spread along an axis, and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Scale {
    /// From 0.
    Linear,
    /// Powers of ten; what is not above 0 has no place.
    Log,
    /// Powers of two, for sizes in bytes.
    Sizes,
    /// Seconds from 0, written in the unit that fits.
    Time,
    /// What a register reads, from 0.
    Register,
    /// What a register reads, from the lowest value.
    Changes,
}

/// A value that is written beside the axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    pub(super) percent: f64,
    pub(super) text: String,
}

/// An axis from its lowest to its highest value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    scale: Scale,
    low: f64,
    high: f64,
}

/// So many texts have room beside each other on a narrow screen.
const TICKS: f64 = 4.0;
const UNITS: [(&str, f64); 5] = [("d", 86_400.0), ("h", 3600.0), ("min", 60.0), ("s", 1.0), ("ms", 1e-3)];

impl Range {
    /// What has room for all of these.
    pub(super) fn of(scale: Scale, values: impl Iterator<Item = f64>) -> Self {
        let (mut low, mut high) = values
            .filter(|value| scale.has(*value))
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        if low > high {
            (low, high) = (1.0, 1.0);
        }
        match scale {
            Scale::Log => (low, high) = (10f64.powf(low.log10().floor()), 10f64.powf(high.log10().ceil())),
            Scale::Linear | Scale::Time | Scale::Register => low = low.min(0.0),
            Scale::Sizes | Scale::Changes => {}
        }
        if low >= high {
            high = if scale.is_log() { low * 10.0 } else { low + 1.0 };
        }
        Self { scale, low, high }
    }

    /// Where a value stands, from 0 to 1.
    pub(super) fn place(self, value: f64) -> f64 {
        if self.scale.is_log() {
            (value / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        }
    }

    pub(super) fn ticks(self) -> Vec<Tick> {
        let Self { scale, low, high } = self;
        let tick =
            |value: f64, text: String| Tick { percent: (self.place(value) * 1e3).round() / 10.0, text };
        match scale {
            Scale::Register | Scale::Changes => {
                [low, high].map(|value| tick(value, format!("{:#x}", value as u64))).into()
            }
            Scale::Log => {
                powers(10.0, low, high).into_iter().map(|value| tick(value, format!("{value:e}"))).collect()
            }
            Scale::Sizes => {
                powers(2.0, low, high).into_iter().map(|value| tick(value, size(value))).collect()
            }
            Scale::Time => {
                let (name, unit) = unit_of(high);
                let text = |value: f64| format!("{} {name}", number(value));
                steps(low / unit, high / unit).into_iter().map(|v| tick(v * unit, text(v))).collect()
            }
            Scale::Linear => steps(low, high).into_iter().map(|value| tick(value, number(value))).collect(),
        }
    }
}

impl Scale {
    fn is_log(self) -> bool {
        matches!(self, Self::Log | Self::Sizes)
    }

    /// Whether a value has a place on it.
    pub(super) fn has(self, value: f64) -> bool {
        value.is_finite() && (!self.is_log() || value > 0.0)
    }
}

/// The round numbers between two.
fn steps(low: f64, high: f64) -> Vec<f64> {
    let rough = (high - low) / TICKS;
    let power = 10f64.powf(rough.log10().floor());
    let step =
        [1.0, 2.0, 5.0].map(|k| k * power).into_iter().find(|step| *step >= rough).unwrap_or(10.0 * power);
    let (first, last) = ((low / step).ceil() as i64, (high / step * (1.0 + 1e-9)).floor() as i64);
    (first..=last).map(|k| k as f64 * step).collect()
}

/// The powers of a base between two, some of them left out where there are many.
fn powers(base: f64, low: f64, high: f64) -> Vec<f64> {
    let exponent = |value: f64| value.ln() / base.ln();
    let (first, last) = ((exponent(low) - 1e-9).ceil() as i32, (exponent(high) + 1e-9).floor() as i32);
    let every = (f64::from(last - first) / (TICKS + 1.0)).ceil().max(1.0) as usize;
    (first..=last).step_by(every).map(|exponent| base.powi(exponent)).collect()
}

/// The largest unit of which there are two or more.
fn unit_of(seconds: f64) -> (&'static str, f64) {
    UNITS.into_iter().find(|(_, unit)| seconds >= 2.0 * unit).unwrap_or(UNITS[UNITS.len() - 1])
}

fn number(value: f64) -> String {
    let rounded = format!("{value:.6}");
    let short = rounded.trim_end_matches('0').trim_end_matches('.');
    if value.abs() >= 1e6 || short.trim_start_matches('-') == "0" && value != 0.0 {
        format!("{value:e}")
    } else {
        short.to_owned()
    }
}

fn size(bytes: f64) -> String {
    crate::base::size::ByteSize(bytes as u64).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(scale: Scale, values: &[f64]) -> Vec<String> {
        Range::of(scale, values.iter().copied()).ticks().into_iter().map(|tick| tick.text).collect()
    }

    #[test]
    fn an_axis_is_marked_in_round_numbers_of_its_unit() {
        assert_eq!(texts(Scale::Linear, &[3.0, 11.8]), ["0", "5", "10"]);
        assert_eq!(texts(Scale::Linear, &[0.0, 0.003]), ["0", "0.001", "0.002", "0.003"]);
        assert_eq!(texts(Scale::Time, &[0.0, 60.0]), ["0 s", "20 s", "40 s", "60 s"]);
        assert_eq!(texts(Scale::Time, &[172_800.0]), ["0 d", "0.5 d", "1 d", "1.5 d", "2 d"]);
        assert_eq!(texts(Scale::Log, &[3e-12, 4e-10]), ["1e-12", "1e-11", "1e-10", "1e-9"]);
        assert_eq!(texts(Scale::Sizes, &[4096.0, 16384.0]), ["4 KiB", "8 KiB", "16 KiB"]);
        assert_eq!(texts(Scale::Register, &[18.0]), ["0x0", "0x12"]);
        assert_eq!(texts(Scale::Changes, &[16.0, 18.0]), ["0x10", "0x12"]);
    }

    #[test]
    fn many_powers_are_not_all_written() {
        let written = texts(Scale::Sizes, &[64.0, f64::from(1 << 30)]);
        assert!((3..=6).contains(&written.len()) && written[0] == "64 B", "{written:?}");
    }

    #[test]
    fn an_axis_of_nothing_or_of_one_value_is_one() {
        for scale in [Scale::Linear, Scale::Log, Scale::Sizes, Scale::Time, Scale::Register, Scale::Changes] {
            for values in [&[][..], &[0.0], &[7.0], &[f64::NAN, f64::INFINITY]] {
                let range = Range::of(scale, values.iter().copied());
                let ticks = range.ticks();
                assert!(
                    ticks.iter().all(|tick| (0.0..=100.0).contains(&tick.percent)),
                    "{scale:?} {ticks:?}"
                );
            }
        }
    }
}
