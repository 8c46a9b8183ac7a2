//! How a page says things: the words, dates and values that the templates ask a
//! [`Site`] for. Arguments come by reference because askama passes fields so; nothing here decides
//! anything.
#![expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "askama passes fields by reference"
)]
#![expect(clippy::unused_self, reason = "templates call everything on `site`")]

use std::borrow::Cow;
use std::fmt::Display;

use model::alarm::{Bound, Severity};
use model::lot::LotState;
use model::time::Timestamp;

use super::camera::Shot;
use super::trace::Certificate;
use super::{Lang, Site, Words, asset, clock, face, quantity};

/// Age of a picture from which on something is wrong with its camera.
const SHOT_OLD_S: i64 = 3 * clock::DAY_S;

impl Site {
    /// The text behind a key, in the page's language.
    pub(super) fn t(&self, key: &'static str) -> Cow<'static, str> {
        self.lang.t(key)
    }

    /// The text behind a key in the other language.
    pub(super) fn other(&self, key: &'static str) -> Cow<'static, str> {
        self.lang.other().t(key)
    }

    /// The text behind a key with one place filled.
    pub(super) fn with(&self, key: &'static str, name: &str, value: impl Display) -> String {
        self.lang.say(key, &[(name, &value)])
    }

    /// A text from the record, without mark-up: for titles, options and attributes.
    pub(super) fn plain<'a>(&self, text: &'a Words) -> &'a str {
        text.to(self.lang)
    }

    /// Whether this text is shown in Chinese on an English page, and needs a `lang` of its own.
    pub(super) fn foreign(&self, text: &Words) -> bool {
        self.lang == Lang::En && text.en.is_none()
    }

    /// The address of an asset.
    pub(super) fn asset(&self, file: &str) -> String {
        asset::href(file)
    }

    /// How long ago.
    pub(super) fn age(&self, at: &Timestamp) -> String {
        // A copy is read long after it was made.
        if self.copy.is_some() {
            return clock::minute(*at);
        }
        clock::age(*at, self.now, self.lang)
    }

    /// `2026-11-23`.
    pub(super) fn day(&self, at: &Timestamp) -> String {
        clock::day(*at)
    }

    /// `2026-11-23 10:21`.
    pub(super) fn minute(&self, at: &Timestamp) -> String {
        clock::minute(*at)
    }

    /// For the `datetime` attribute.
    pub(super) fn machine(&self, at: &Timestamp) -> String {
        clock::machine(*at)
    }

    /// Tone of a last reading's age: fresh within an hour, then a warning, after a day bad.
    pub(super) fn freshness(&self, at: &Timestamp) -> &'static str {
        match self.now.seconds() - at.seconds() {
            ..3_600 => "good",
            3_600..clock::DAY_S => "warn",
            _ => "bad",
        }
    }

    /// What a picture is, for those who cannot see it.
    pub(super) fn shot_words(&self, shot: &Shot) -> String {
        let at = clock::minute(shot.at);
        let words: [(&str, &dyn Display); 2] = [("camera", &shot.camera), ("at", &at)];
        self.lang.say("camera.alt", &words)
    }

    /// Tone of a picture's age: fresh within a day, then a warning, after three days bad.
    pub(super) fn shot_freshness(&self, shot: &Shot) -> &'static str {
        match self.now.seconds() - shot.at.seconds() {
            ..clock::DAY_S => "good",
            clock::DAY_S..SHOT_OLD_S => "warn",
            _ => "bad",
        }
    }

    /// Key and tone of how a certificate stands today.
    pub(super) fn standing(&self, paper: &Certificate) -> (&'static str, &'static str) {
        paper.standing(self.now)
    }

    /// Whether a moment is the beginning of a day: what only a date was given for.
    pub(super) fn is_midnight(&self, at: &Timestamp) -> bool {
        clock::start_of_day(*at) == *at
    }

    /// The name of a quantity.
    pub(super) fn quantity(&self, code: &str) -> String {
        quantity::name(code, self.lang)
    }

    /// A measured value.
    pub(super) fn value(&self, value: &f64) -> String {
        quantity::value(*value)
    }

    /// A limit, an area, a height: as few decimals as it needs.
    pub(super) fn short(&self, value: &f64) -> String {
        quantity::short(*value)
    }

    /// A unit as people write it.
    pub(super) fn unit<'a>(&self, senml: &'a str) -> &'a str {
        quantity::unit(senml)
    }

    /// `40x30mm` as people write it: `40 × 30 mm`.
    pub(super) fn size(&self, size: &str) -> String {
        size.replace('x', " × ").replace("mm", " mm")
    }

    /// Labels from one to another.
    pub(super) fn range(&self, first: &i32, last: &i32) -> String {
        self.lang
            .say("run.range", &[("first", first), ("last", last)])
    }

    /// A lot state's word.
    pub(super) fn lot_word(&self, state: &LotState) -> Cow<'static, str> {
        self.t(face::lot_key(*state))
    }

    /// A lot state's tone.
    pub(super) fn lot_tone(&self, state: &LotState) -> &'static str {
        face::lot_tone(*state)
    }

    /// A severity's word.
    pub(super) fn severity_word(&self, severity: &Severity) -> Cow<'static, str> {
        self.t(face::severity_key(*severity))
    }

    /// A severity's tone.
    pub(super) fn severity_tone(&self, severity: &Severity) -> &'static str {
        face::severity_tone(*severity)
    }

    /// The comparison that a reading beyond the bound fulfils.
    pub(super) fn sign(&self, bound: &Bound) -> &'static str {
        face::sign(*bound)
    }

    /// This page in the other language.
    pub(super) fn switch_href(&self) -> String {
        self.here_with("lang", self.lang.other().code())
    }

    /// This page in the other size of type.
    pub(super) fn size_href(&self) -> String {
        self.here_with("size", if self.large { "normal" } else { "large" })
    }

    fn here_with(&self, name: &str, value: &str) -> String {
        // A second slash would lead to another host.
        let here = if self.here.starts_with("//") {
            "/"
        } else {
            self.here.as_str()
        };
        let join = if here.contains('?') { '&' } else { '?' };
        format!("{here}{join}{name}={value}")
    }

    /// Whether this page belongs to the desk at `desk`.
    pub(super) fn stands_at(&self, desk: &str) -> bool {
        self.here
            .strip_prefix(desk)
            .is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    }

    /// Whether this page is the tab at `href`: the nearest of those that it stands below.
    pub(super) fn stands_on(&self, href: &str, tabs: &[face::Tab]) -> bool {
        let above = tabs.iter().filter(|(tab, _)| self.stands_at(tab));
        let nearest = above.max_by_key(|(tab, _)| tab.len());
        nearest.is_some_and(|(tab, _)| *tab == href)
    }
}
