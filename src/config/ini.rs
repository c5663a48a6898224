//! INI files as people and Python's `ConfigParser` write them: read with line numbers, edited without touching the rest.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::ConfigError;
use super::error::text_of;

/// An INI file; comments, unknown sections and line ends stay as they are when it is edited.
#[derive(Clone)]
pub struct Ini {
    path: PathBuf,
    lines: Vec<Line>,
    line_end: &'static str,
}

/// One line as it stands in the file, its line end included.
#[derive(Clone)]
struct Line {
    text: String,
    /// The section that the line is in, or opens.
    section: String,
    /// The option's name, in lower case: `ConfigParser` does not tell cases apart in names of options.
    key: Option<String>,
}

// The text of a line may be a secret.
impl std::fmt::Debug for Ini {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ini").field("path", &self.path).field("lines", &self.lines.len()).finish()
    }
}

/// An option's value and its line, counted from 1.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The value without white space, quotes and comment around it.
    pub value: Cow<'a, str>,
    pub line: usize,
}

impl std::fmt::Debug for Entry<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry").field("line", &self.line).finish_non_exhaustive()
    }
}

impl Ini {
    /// Reads a file; `None` when there is none.
    ///
    /// # Errors
    /// When it can't be read, or a line is neither section, `name = value`, comment nor empty.
    pub fn read(path: &Path) -> Result<Option<Self>, ConfigError> {
        text_of(path)?.map(|text| Self::parse(path, &text)).transpose()
    }

    /// A file that is not there yet.
    pub fn empty(path: &Path) -> Self {
        Self { path: path.to_owned(), lines: Vec::new(), line_end: "\n" }
    }

    /// Understands the text of a file.
    ///
    /// # Errors
    /// When a line is neither section, `name = value`, comment nor empty.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let mut ini = Self { path: path.to_owned(), lines: Vec::new(), line_end };
        let mut section = None;
        for (i, text) in text.split_inclusive('\n').enumerate() {
            let wrong = |problem| ConfigError::malformed(path, i + 1, problem);
            let key = match understand(text) {
                Meaning::Nothing => None,
                Meaning::Section(name) => {
                    section = Some(name.to_owned());
                    None
                }
                Meaning::Option(_) if section.is_none() => {
                    return Err(wrong("an option stands before any [section]"));
                }
                Meaning::Option(key) => Some(key.to_ascii_lowercase()),
                Meaning::Unknown => return Err(wrong("this is neither a [section] nor name=value")),
            };
            ini.lines.push(Line { text: text.to_owned(), section: section.clone().unwrap_or_default(), key });
        }
        Ok(ini)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The line that opens a section, counted from 1.
    pub fn section(&self, section: &str) -> Option<usize> {
        let opens = |line: &Line| matches!(understand(&line.text), Meaning::Section(name) if name == section);
        self.lines.iter().position(opens).map(|i| i + 1)
    }

    /// The names of the sections.
    pub fn sections(&self) -> Vec<&str> {
        let opens = |line: &&Line| matches!(understand(&line.text), Meaning::Section(_));
        self.lines.iter().filter(opens).map(|line| line.section.as_str()).collect()
    }

    /// An option's value; the last wins, and an empty one counts as absent.
    pub fn get(&self, section: &str, key: &str) -> Option<Entry<'_>> {
        let i = self.position(section, key)?;
        let value = unquoted(value_of(&self.lines[i].text));
        (!value.is_empty()).then_some(Entry { value, line: i + 1 })
    }

    /// Sets an option: in its line, else at the end of its section, else in a new section at the end.
    pub fn set(&mut self, section: &str, key: &str, value: &str) {
        if let Some(i) = self.position(section, key) {
            self.lines[i].text = with_value(&self.lines[i].text, &quoted(value));
            return;
        }
        self.add(section, key, value);
    }

    /// The same for a secret, of whose old value nothing may stay: what looks like a comment may be a part of it.
    pub fn set_secret(&mut self, section: &str, key: &str, value: &str) {
        if let Some(i) = self.position(section, key) {
            let text = &self.lines[i].text;
            let start = value_start(text).unwrap_or(text.len());
            self.lines[i].text = format!("{}{}{}", &text[..start], quoted(value), self.line_end);
            return;
        }
        self.add(section, key, value);
    }

    fn add(&mut self, section: &str, key: &str, value: &str) {
        let text = format!("{key}={}{}", quoted(value), self.line_end);
        let line = Line { text, section: section.to_owned(), key: Some(key.to_ascii_lowercase()) };
        let last =
            self.lines.iter().rposition(|line| line.section == section && !line.text.trim().is_empty());
        let at = last.map_or_else(|| self.open(section), |i| i + 1);
        self.end_line_before(at);
        self.lines.insert(at, line);
    }

    /// The whole text.
    pub fn text(&self) -> String {
        self.lines.iter().map(|line| line.text.as_str()).collect()
    }

    fn position(&self, section: &str, key: &str) -> Option<usize> {
        let is_it = |line: &Line| line.section == section && line.key.as_deref() == Some(key);
        self.lines.iter().rposition(is_it)
    }

    /// Adds a section at the end and gives the place of its first line.
    fn open(&mut self, section: &str) -> usize {
        self.end_line_before(self.lines.len());
        let text = format!("[{section}]{}", self.line_end);
        self.lines.push(Line { text, section: section.to_owned(), key: None });
        self.lines.len()
    }

    /// The last line of a file may lack its line end.
    fn end_line_before(&mut self, at: usize) {
        if let Some(line) = at.checked_sub(1).and_then(|i| self.lines.get_mut(i))
            && !line.text.ends_with('\n')
        {
            line.text.push_str(self.line_end);
        }
    }
}

enum Meaning<'a> {
    Nothing,
    Section(&'a str),
    Option(&'a str),
    Unknown,
}

fn understand(line: &str) -> Meaning<'_> {
    let text = line.trim_start_matches('\u{feff}').trim();
    if text.is_empty() || text.starts_with(['#', ';']) {
        return Meaning::Nothing;
    }
    if let Some(rest) = text.strip_prefix('[') {
        return rest.split_once(']').map_or(Meaning::Unknown, |(name, _)| Meaning::Section(name.trim()));
    }
    match text.find(['=', ':']) {
        Some(end) if end > 0 => Meaning::Option(text[..end].trim()),
        _ => Meaning::Unknown,
    }
}

/// Where the value begins, behind the sign and the spaces.
fn value_start(line: &str) -> Option<usize> {
    let sign = line.find(['=', ':'])? + 1;
    let rest = &line[sign..];
    Some(sign + rest.len() - rest.trim_start_matches([' ', '\t']).len())
}

/// The value, up to a comment: `;` or `#` behind white space.
fn value_of(line: &str) -> &str {
    let value = value_start(line).map_or("", |start| &line[start..]);
    if let Some(end) = quoted_end(value) {
        return &value[..end];
    }
    let comment = value
        .char_indices()
        .zip(std::iter::once(' ').chain(value.chars()))
        .find(|((_, c), before)| matches!(c, ';' | '#') && before.is_whitespace());
    value[..comment.map_or(value.len(), |((i, _), _)| i)].trim()
}

/// Where a value in quotes ends, the quotes included; behind them there is nothing or a comment.
fn quoted_end(value: &str) -> Option<usize> {
    let inside = value.strip_prefix('"')?;
    let mut escaped = false;
    let closing = inside.find(|c| {
        let closes = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        closes
    })?;
    let rest = &value[closing + 2..];
    let is_comment = rest.starts_with(char::is_whitespace) && rest.trim_start().starts_with([';', '#']);
    (rest.trim().is_empty() || is_comment).then_some(closing + 2)
}

fn unquoted(value: &str) -> Cow<'_, str> {
    match quoted_end(value) {
        Some(end) if end == value.len() => {
            let mut escaped = false;
            let is_sign = |c: &char| {
                escaped = *c == '\\' && !escaped;
                !escaped
            };
            value[1..end - 1].chars().filter(is_sign).collect::<String>().into()
        }
        _ => value.into(),
    }
}

/// The value as it must stand in the file to be read again: in quotes where it would be cut, trimmed or unquoted.
fn quoted(value: &str) -> Cow<'_, str> {
    let line = format!("k={value}");
    if value_of(&line) == value && quoted_end(value).is_none() {
        return value.into();
    }
    format!("\"{}\"", value.replace('\\', r"\\").replace('"', "\\\"")).into()
}

/// The line with another value; what stands before and behind it stays.
fn with_value(line: &str, value: &str) -> String {
    let start = value_start(line).unwrap_or(line.len());
    let rest = &line[start + value_of(line).len()..];
    let gap = if rest.starts_with([';', '#']) { " " } else { "" };
    format!("{}{value}{gap}{rest}", &line[..start])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Ini, ConfigError> {
        Ini::parse(Path::new("f.ini"), text)
    }

    fn value<'a>(ini: &'a Ini, section: &str, key: &str) -> Option<(&'a str, usize)> {
        ini.get(section, key).map(|entry| (Cow::into_owned(entry.value).leak() as &str, entry.line))
    }

    #[test]
    fn reads_values_with_their_lines() {
        let ini = parse("\u{feff}# c\n[A]\nId = x=y ; why\nempty=\n[B]\nid: z\n[A]\nid=w").unwrap();
        assert_eq!(value(&ini, "A", "id"), Some(("w", 8)));
        assert_eq!(value(&ini, "B", "id"), Some(("z", 6)));
        assert_eq!(value(&ini, "A", "empty"), None);
        assert_eq!((ini.section("B"), ini.section("C")), (Some(5), None));
        assert_eq!(value(&parse("[A]\nk = x=y ; why").unwrap(), "A", "k"), Some(("x=y", 2)));
    }

    #[test]
    fn names_the_line_that_it_can_not_read_and_not_its_text() {
        for (text, line) in
            [("[A]\nk=v\nhunter2\n", 3), ("k=hunter2\n", 1), ("[A\n", 1), ("[A]\n\n=hunter2", 3)]
        {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("f.ini:{line}: ")), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn an_edit_changes_its_line_and_nothing_else() {
        let mut ini = parse("; mine\r\n[X]\r\nKey =  old ; c\r\n\r\n[Y]\r\nother=1").unwrap();
        ini.set("X", "key", "new");
        ini.set("X", "more", "2");
        ini.set("Y", "z", "3");
        ini.set("Z", "q", "4");
        let text = "; mine\r\n[X]\r\nKey =  new ; c\r\nmore=2\r\n\r\n[Y]\r\nother=1\r\nz=3\r\n[Z]\r\nq=4\r\n";
        assert_eq!(ini.text(), text);
        assert_eq!(parse(text).unwrap().text(), text);
    }

    proptest::proptest! {
        #[test]
        fn what_is_set_is_what_is_read(value in r#"[a-z ;#"'\\=:\[\]\t]{1,12}"#, other in r#"[a-z ;#"\\]{1,6}"#) {
            let mut ini = Ini::empty(Path::new("f"));
            for value in [&other, &value] {
                ini.set("A", "k", value);
                ini.set_secret("A", "s", value);
                let ini = parse(&ini.text()).unwrap();
                for key in ["k", "s"] {
                    assert_eq!(ini.get("A", key).unwrap().value, value.as_str(), "{}", ini.text());
                }
            }
        }
    }

    #[test]
    fn an_edit_of_a_secret_leaves_nothing_of_the_old_one() {
        let mut ini = parse("[A]\nk = old ;tail #of it\n").unwrap();
        ini.set_secret("A", "k", "new");
        assert_eq!(ini.text(), "[A]\nk = new\n");
    }

    #[test]
    fn a_new_file_gets_its_sections_in_order() {
        let mut ini = Ini::empty(Path::new("f"));
        ini.set("A", "k", "v");
        assert_eq!(ini.text(), "[A]\nk=v\n");
    }
}
