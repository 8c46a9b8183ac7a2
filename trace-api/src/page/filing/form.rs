//! The form that a filing is written in: fields as data, so that producers, products and credentials
//! share one template. What is refused stands at its field; what somebody else changed stands above.
//!
//! Form (POST [`FormView::action`]): `csrf`, `request` (idempotency key), `base` (version that was
//! seen, missing for a new one), `do` (`save` or `submit`), the fields, `picture` and `caption` for
//! each picture, `probe-quantity`, `probe-low`, `probe-high` and `test-item`, `test-limit`,
//! `test-unit` for each limit, `scan`.

use std::collections::BTreeMap;

use askama::Template;

use super::{Fact, Picture, Standing, VersionRow, choices};
use crate::page::{Lang, Page, Site};

/// One field.
#[derive(Debug, Clone)]
pub struct Field {
    /// What the form sends it as.
    pub name: &'static str,
    /// Key of its words.
    pub key: &'static str,
    /// Key of a hint below it.
    pub hint: Option<&'static str>,
    /// What stands in it.
    pub value: String,
    /// How it is written.
    pub input: Input,
    /// Whether it has to be filled.
    pub required: bool,
    /// What is wrong with it.
    pub fault: Option<String>,
}

/// How a field is written.
#[derive(Debug, Clone)]
pub enum Input {
    /// One line of at most so many characters.
    Line(usize),
    /// A whole number.
    Number,
    /// A day.
    Day,
    /// One of these: what is sent, and what is read.
    Choice(Vec<(String, String)>),
}

impl Input {
    /// What the browser is told of it.
    fn kind(&self) -> &'static str {
        match self {
            Self::Line(_) => "text",
            Self::Number => "number",
            Self::Day => "date",
            Self::Choice(_) => "choice",
        }
    }

    fn most(&self) -> usize {
        if let Self::Line(most) = self {
            *most
        } else {
            0
        }
    }

    fn choices(&self) -> &[(String, String)] {
        if let Self::Choice(choices) = self {
            choices
        } else {
            &[]
        }
    }
}

/// A field of a kind of filing.
pub type Spec = (&'static str, &'static str, Option<&'static str>, bool, Way);

/// How a field of a [`Spec`] is written.
#[derive(Debug, Clone, Copy)]
pub enum Way {
    /// One line of at most so many characters.
    Line(usize),
    /// A whole number.
    Number,
    /// A day.
    Day,
    /// One of the words that the member may have, or of those that the page was given.
    Words,
}

/// The form of a producer: name, key, hint, whether it has to be filled, how it is written.
pub const PRODUCER_FIELDS: &[Spec] = &[
    ("name", "field.name", None, true, Way::Line(100)),
    ("name_en", "field.name_en", None, false, Way::Line(150)),
    (
        "credit_code",
        "field.credit_code",
        None,
        true,
        Way::Line(18),
    ),
    ("kind", "field.kind", None, true, Way::Words),
    ("township", "field.township", None, true, Way::Line(40)),
    ("address", "field.address", None, true, Way::Line(200)),
    (
        "contact",
        "field.contact",
        Some("filing.contact-hint"),
        true,
        Way::Line(60),
    ),
];

/// The form of a product.
pub const PRODUCT_FIELDS: &[Spec] = &[
    ("name", "field.name", None, true, Way::Line(100)),
    ("name_en", "field.name_en", None, false, Way::Line(150)),
    ("category", "field.category", None, true, Way::Line(40)),
    ("variety", "field.variety", None, false, Way::Line(100)),
    (
        "specification",
        "field.specification",
        None,
        true,
        Way::Line(100),
    ),
    ("unit", "field.unit", None, true, Way::Words),
    (
        "gtin",
        "field.gtin",
        Some("filing.gtin-hint"),
        false,
        Way::Line(14),
    ),
    (
        "shelf_life_days",
        "field.shelf_life_days",
        None,
        true,
        Way::Number,
    ),
    ("regime", "field.regime", None, true, Way::Words),
    ("season", "field.season", None, false, Way::Line(60)),
    ("standard", "field.standard", None, false, Way::Line(100)),
];

/// The form of a credential.
pub const CREDENTIAL_FIELDS: &[Spec] = &[
    ("kind", "field.paper", None, true, Way::Words),
    (
        "number",
        "field.number",
        Some("filing.sc-hint"),
        true,
        Way::Line(60),
    ),
    ("issuer", "field.issuer", None, true, Way::Line(100)),
    ("product_id", "field.product", None, false, Way::Words),
    ("valid_from", "field.valid_from", None, true, Way::Day),
    ("valid_to", "field.valid_to", None, true, Way::Day),
];

/// What a page gives a choice to choose from: name of the field, and what is sent and read.
pub type Given = (&'static str, Vec<(String, String)>);

/// The fields of a form with what stands in them and what is wrong there.
#[must_use]
pub fn fields(
    lang: Lang,
    specs: &[Spec],
    (text, mut faults): (impl Fn(&str) -> String, BTreeMap<&'static str, String>),
    given: &[Given],
) -> Vec<Field> {
    let field = |(name, key, hint, required, way): &Spec| {
        let value = text(name);
        Field {
            name,
            key,
            hint: *hint,
            input: input(lang, (name, *way), &value, given),
            required: *required,
            fault: faults.remove(name),
            value,
        }
    };
    specs.iter().map(field).collect()
}

fn input(lang: Lang, (name, way): (&str, Way), value: &str, given: &[Given]) -> Input {
    match way {
        Way::Line(most) => Input::Line(most),
        Way::Number => Input::Number,
        Way::Day => Input::Day,
        Way::Words => {
            let own = given.iter().find(|(of, _)| *of == name);
            let words = choices(name).map(|(word, key)| (word.to_owned(), lang.t(key).into()));
            let mut all = own.map_or_else(|| words.collect::<Vec<_>>(), |(_, all)| all.clone());
            // A unit that is none of the usual ones stays what it is.
            if !value.is_empty() && all.iter().all(|(word, _)| word != value) {
                all.push((value.to_owned(), value.to_owned()));
            }
            Input::Choice(all)
        }
    }
}

/// The limits of a product's standard, as typed: three cells a row.
#[derive(Debug, Clone, Default)]
pub struct Limits {
    /// Quantity, low end, high end.
    pub probe: Vec<[String; 3]>,
    /// Item, limit, unit.
    pub test: Vec<[String; 3]>,
    /// What is wrong with one of either.
    pub faults: [Option<String>; 2],
    /// What probes measure: what is sent, and what is read.
    pub quantities: Vec<(String, String)>,
}

/// The pictures or the scan of a filing.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// Those that are there.
    pub files: Vec<Picture>,
    /// Whether it is one file, which may be a document, and not several pictures.
    pub is_scan: bool,
    /// What is wrong with one.
    pub fault: Option<String>,
}

/// The page of a filing.
#[derive(Debug, Clone, Default)]
pub struct FormView {
    /// What is filed.
    pub title: String,
    /// Where it stands; `None` for a new one and for credentials.
    pub standing: Option<Standing>,
    /// Key and tone of where a credential stands.
    pub badge: Option<(&'static str, &'static str)>,
    /// Why it came back or was stopped: key of the words before it, and the reason.
    pub reasons: Vec<(&'static str, String)>,
    /// What somebody else wrote meanwhile: the newest version's, beside what was sent.
    pub conflict: Vec<Fact>,
    /// Whether the fields hold what was sent and refused, and not what is kept.
    pub is_refused: bool,
    /// Whether nothing can be changed any more.
    pub is_closed: bool,
    /// Where it is sent.
    pub action: String,
    /// Where the newest version is handed in as it is.
    pub submission: Option<String>,
    /// Where it is taken back.
    pub withdrawal: Option<String>,
    /// Idempotency keys: of the form, of handing in or taking back.
    pub requests: [String; 2],
    /// The version that is seen.
    pub base: Option<i32>,
    /// The fields.
    pub fields: Vec<Field>,
    /// Pictures or scan.
    pub files: Files,
    /// Limits of a product's standard.
    pub limits: Option<Limits>,
    /// Whether it may be kept as a draft.
    pub may_wait: bool,
    /// What was written and done before, newest first.
    pub versions: Vec<VersionRow>,
}

impl FormView {
    /// The name of its draft in the browser.
    fn draft(&self) -> &str {
        &self.action
    }

    /// The version that the draft in the browser has to be of.
    fn seen(&self) -> i32 {
        self.base.unwrap_or_default()
    }
}

/// The page of a filing.
pub fn page(site: &Site, view: &FormView) -> Page {
    FormPage { site, view }.render()
}

/// A file that was just uploaded, as the form takes it in.
pub fn file(site: &Site, file: &Picture, is_scan: bool) -> Page {
    FileFragment {
        site,
        file,
        is_scan,
    }
    .render()
}

/// Why a file was not taken, as the form shows it.
pub fn refused(text: &str) -> Page {
    RefusedFragment { text }.render()
}

#[derive(Template)]
#[template(path = "filing_form.html")]
struct FormPage<'a> {
    site: &'a Site,
    view: &'a FormView,
}

#[derive(Template)]
#[template(path = "filing_file.html")]
struct FileFragment<'a> {
    site: &'a Site,
    file: &'a Picture,
    is_scan: bool,
}

#[derive(Template)]
#[template(path = "filing_refused.html")]
struct RefusedFragment<'a> {
    text: &'a str,
}
