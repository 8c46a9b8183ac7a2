//! A strict reader of GS1 Digital Link URIs (URI syntax 1.4+): any assigned primary key, its
//! qualifiers in their one order, data attributes in the query. It does not resolve anything and
//! does not accept the retired spellings (`/gtin/`, compressed links).

use super::GTIN_DIGITS;
use super::ai::{Ai, VALUE_BYTES_MAX, ValueError};
use super::text::Text;

/// Most path elements of a link: a primary key and three qualifiers.
pub const ELEMENTS_MAX: usize = 4;

/// Most bytes of a link that are looked at: more than any browser or QR code carries.
const LINK_BYTES_MAX: usize = 4096;

/// Each primary key with one order of its qualifiers; a key with two kinds of qualifiers that
/// exclude each other has two rows.
const CHAINS: &[(&str, &[&str])] = &[
    ("00", &[]),
    ("01", &["22", "10", "21"]),
    ("01", &["235"]),
    ("253", &[]),
    ("255", &[]),
    ("401", &[]),
    ("402", &[]),
    ("414", &["254"]),
    ("414", &["7040"]),
    ("415", &["8020"]),
    ("417", &["7040"]),
    ("8003", &[]),
    ("8004", &["7040"]),
    ("8006", &["22", "10", "21"]),
    ("8010", &["8011"]),
    ("8017", &["8019"]),
    ("8018", &["8019"]),
];

/// Why a text is not a conformant GS1 Digital Link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Longer than any link that can be printed.
    #[error("the link has more than {LINK_BYTES_MAX} bytes")]
    TooLong,
    /// Neither a path nor an `http` or `https` URI.
    #[error("the link must begin with http://, https:// or /")]
    Scheme,
    /// The host is empty or has a character that no host has.
    #[error("the link has no valid host name")]
    Host,
    /// No primary key among the path's segments.
    #[error("the path has no GS1 key such as /01/ followed by a GTIN")]
    NoKey,
    /// A segment or query name made of digits that GS1 has not assigned, or no digits at all
    /// where an identifier must stand.
    #[error("an application identifier of the link is not known")]
    UnknownAi,
    /// An identifier that cannot follow the one before it.
    #[error("({ai}) cannot stand after ({after}) in the path")]
    Order {
        /// The identifier that stands wrong.
        ai: Ai,
        /// The one before it.
        after: Ai,
    },
    /// An identifier without its value.
    #[error("({0}) has no value")]
    MissingValue(Ai),
    /// The value does not fit the identifier.
    #[error("the value of ({ai}) is wrong: {why}")]
    Value {
        /// Whose value it is.
        ai: Ai,
        /// What is wrong with it.
        why: ValueError,
    },
    /// A `%` without two hexadecimal digits, or a character beyond ASCII.
    #[error("the value of ({0}) is not escaped as a URI must be")]
    Escape(Ai),
    /// A key or qualifier in the query, where only attributes may stand.
    #[error("({0}) belongs into the path, not after the question mark")]
    NotInQuery(Ai),
    /// The same identifier twice.
    #[error("({0}) stands twice in the link")]
    Twice(Ai),
}

/// One identifier and its value, unescaped and checked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Element {
    ai: Ai,
    value: Text<VALUE_BYTES_MAX>,
}

impl Element {
    /// The identifier.
    #[must_use]
    pub const fn ai(&self) -> Ai {
        self.ai
    }

    /// The value, unescaped.
    #[must_use]
    pub fn value(&self) -> &str {
        self.value.as_str()
    }

    /// Unescapes and checks a raw value.
    fn parse(ai: Ai, raw: &str) -> Result<Self, LinkError> {
        let value = unescape(raw).ok_or(LinkError::Escape(ai))?;
        if value.as_str().is_empty() {
            return Err(LinkError::MissingValue(ai));
        }
        let value = padded_gtin(ai, value);
        ai.check(value.as_str())
            .map_err(|why| LinkError::Value { ai, why })?;
        Ok(Self { ai, value })
    }
}

impl core::fmt::Debug for Element {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "({}){}", self.ai, self.value())
    }
}

/// A link taken apart: stem, path elements in their order, and data attributes.
#[derive(Debug, Clone, Copy)]
pub struct Elements<'a> {
    stem: &'a str,
    path: [Option<Element>; ELEMENTS_MAX],
    query: &'a str,
}

impl<'a> Elements<'a> {
    /// Reads a full URI, or a path that begins with `/`.
    pub fn parse(link: &'a str) -> Result<Self, LinkError> {
        if link.len() > LINK_BYTES_MAX {
            return Err(LinkError::TooLong);
        }
        let link = link.split_once('#').map_or(link, |(before, _)| before);
        let (location, query) = link.split_once('?').unwrap_or((link, ""));
        let path_at = path_start(location)?;
        let key_at = path_at + primary_key_at(&location[path_at..]).ok_or(LinkError::NoKey)?;
        let elements = Self {
            stem: &location[..key_at],
            path: path_elements(&location[key_at..])?,
            query,
        };
        elements.check_query()?;
        Ok(elements)
    }

    /// What stands before the primary key, without a `/` at its end: scheme, host, custom path.
    #[must_use]
    pub const fn stem(&self) -> &'a str {
        self.stem
    }

    /// The path's elements: the primary key first, its qualifiers after it.
    pub fn path(&self) -> impl Iterator<Item = &Element> {
        self.path.iter().flatten()
    }

    /// The value of one of the path's identifiers, such as `"01"`.
    #[must_use]
    pub fn find(&self, ai: &str) -> Option<&str> {
        self.path()
            .find(|element| element.ai.as_str() == ai)
            .map(Element::value)
    }

    /// The data attributes of the query, such as `17` for the expiry date; names that are not all
    /// digits (`linkType`) are not attributes and are passed over.
    #[must_use]
    pub const fn attributes(&self) -> Attributes<'a> {
        Attributes { rest: self.query }
    }

    fn check_query(&self) -> Result<(), LinkError> {
        let primary = self.path().next().map(Element::ai);
        let mut rest = self.attributes();
        while let Some(element) = rest.next_checked() {
            let ai = element?.ai;
            if self.find(ai.as_str()).is_some() || rest.clone().any_left(|later| later.ai == ai) {
                return Err(LinkError::Twice(ai));
            }
            if chains(ai).next().is_some() || primary.is_some_and(|key| may_follow(key, ai)) {
                return Err(LinkError::NotInQuery(ai));
            }
        }
        Ok(())
    }
}

/// Walks the data attributes of a link's query.
#[derive(Debug, Clone)]
pub struct Attributes<'a> {
    rest: &'a str,
}

impl Attributes<'_> {
    /// The next attribute or what is wrong with it.
    fn next_checked(&mut self) -> Option<Result<Element, LinkError>> {
        while !self.rest.is_empty() {
            let (pair, rest) = self.rest.split_once(['&', ';']).unwrap_or((self.rest, ""));
            self.rest = rest;
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit()) {
                let ai = Ai::parse(name).ok_or(LinkError::UnknownAi);
                return Some(ai.and_then(|ai| Element::parse(ai, value)));
            }
        }
        None
    }

    /// Whether any of the attributes that are still to come fits; the walk itself stays here.
    fn any_left(mut self, fits: impl Fn(&Element) -> bool) -> bool {
        core::iter::from_fn(|| self.next_checked())
            .flatten()
            .any(|element| fits(&element))
    }
}

impl Iterator for Attributes<'_> {
    type Item = Element;
    fn next(&mut self) -> Option<Element> {
        // A link that was made has only good attributes.
        self.next_checked()?.ok()
    }
}

/// Where the path begins in a URI without query, or in a bare path.
fn path_start(location: &str) -> Result<usize, LinkError> {
    if location.starts_with('/') && !location.starts_with("//") {
        return Ok(0);
    }
    let (scheme, after) = location.split_once("://").ok_or(LinkError::Scheme)?;
    if !(scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")) {
        return Err(LinkError::Scheme);
    }
    let host = after.split_once('/').map_or(after, |(host, _)| host);
    let fits =
        |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'[' | b']');
    if host.is_empty() || host.starts_with([':', '.', '-']) || !host.bytes().all(fits) {
        return Err(LinkError::Host);
    }
    Ok(location.len() - after.len() + host.len())
}

/// Where the `/` before the first primary key stands. What is before it is the stem's own path.
fn primary_key_at(path: &str) -> Option<usize> {
    path.match_indices('/').map(|(at, _)| at).find(|at| {
        let segment = path[at + 1..].split('/').next().unwrap_or_default();
        CHAINS.iter().any(|(key, _)| *key == segment)
    })
}

/// Reads `/ai/value/ai/value…`, the primary key first.
fn path_elements(path: &str) -> Result<[Option<Element>; ELEMENTS_MAX], LinkError> {
    let mut elements = [None; ELEMENTS_MAX];
    let mut segments = path.split('/').skip(1);
    let mut before: Option<(Ai, Ai)> = None;
    for slot in &mut elements {
        let Some(name) = segments.next() else { break };
        let ai = Ai::parse(name).ok_or(LinkError::UnknownAi)?;
        if let Some((key, last)) = before.filter(|(key, last)| !may_stand(*key, *last, ai)) {
            return Err(if last == ai || key == ai {
                LinkError::Twice(ai)
            } else {
                LinkError::Order { ai, after: last }
            });
        }
        let raw = segments.next().ok_or(LinkError::MissingValue(ai))?;
        *slot = Some(Element::parse(ai, raw)?);
        before = Some((before.map_or(ai, |(key, _)| key), ai));
    }
    match (segments.next(), before) {
        (Some(name), Some((_, after))) => {
            let ai = Ai::parse(name).ok_or(LinkError::UnknownAi)?;
            Err(LinkError::Order { ai, after })
        }
        _ => Ok(elements),
    }
}

/// The orders of qualifiers of a primary key; none when it is not one.
fn chains(key: Ai) -> impl Iterator<Item = &'static [&'static str]> {
    CHAINS
        .iter()
        .filter(move |(name, _)| *name == key.as_str())
        .map(|(_, chain)| *chain)
}

/// Whether a qualifier belongs to a primary key at all.
fn may_follow(key: Ai, qualifier: Ai) -> bool {
    chains(key).any(|chain| chain.contains(&qualifier.as_str()))
}

/// Whether `ai` may stand right after `last` in a path that begins with `key`.
fn may_stand(key: Ai, last: Ai, ai: Ai) -> bool {
    chains(key).any(|chain| {
        let place = |ai: Ai| chain.iter().position(|name| *name == ai.as_str());
        let from = if last == key {
            Some(0)
        } else {
            place(last).map(|at| at + 1)
        };
        matches!((from, place(ai)), (Some(from), Some(at)) if at >= from)
    })
}

/// Early links carried GTINs of 8, 12 or 13 digits; they mean the padded number.
fn padded_gtin(ai: Ai, value: Text<VALUE_BYTES_MAX>) -> Text<VALUE_BYTES_MAX> {
    let length = value.as_str().len();
    if ai.as_str() != "01" || !matches!(length, 8 | 12 | 13) {
        return value;
    }
    let mut padded = Text::EMPTY;
    for byte in core::iter::repeat_n(b'0', GTIN_DIGITS - length).chain(value.as_str().bytes()) {
        // Fourteen bytes always fit.
        let _ = padded.push(byte);
    }
    padded
}

/// Undoes percent-encoding; `None` for a broken escape, a byte beyond ASCII, or too many bytes.
fn unescape(raw: &str) -> Option<Text<VALUE_BYTES_MAX>> {
    let mut text = Text::EMPTY;
    let mut bytes = raw.bytes();
    while let Some(byte) = bytes.next() {
        let plain = if byte == b'%' {
            hex(bytes.next()?)? << 4 | hex(bytes.next()?)?
        } else {
            byte
        };
        text.push(plain)?;
    }
    Some(text)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

#[cfg(test)]
mod tests;
