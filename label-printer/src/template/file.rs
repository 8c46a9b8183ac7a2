//! Template files: TOML that is read, laid over the template it builds upon, and checked, so that
//! a mistake is told with its file, line and key before anything is printed.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::{Caption, FILES, Row, SheetGrid, Style, Template};
use crate::label::Field;
use crate::size::Size;

/// Smallest font size: its Chinese characters are 1.8 mm high, the least that food labels may have.
const LEGIBLE_MM: f32 = 1.95;

/// Largest font size in millimetres.
const FONT_MM_MAX: f32 = 40.0;

/// Largest template file in bytes.
const FILE_BYTES_MAX: usize = 64 * 1024;

/// Most rows in one part of a template.
const ROWS_MAX: usize = 32;

/// Most templates that build on one another.
const BASES_MAX: usize = 8;

/// Sides of a label and of paper that make sense, in millimetres.
const LABEL_MM: RangeInclusive<u16> = 15..=300;

/// Why a template cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// There is no built-in template of this name.
    #[error("there is no template {name:?}; there are {known}", known = super::Template::names().join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// The file cannot be read.
    #[error("{file} cannot be read: {reason}")]
    Read {
        /// The file.
        file: String,
        /// What the system says.
        reason: String,
    },
    /// Something in the file is wrong.
    #[error("{file}, line {line}: {reason}")]
    Wrong {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong, with the key.
        reason: String,
    },
    /// A key is missing, here and in all the templates that this one builds upon.
    #[error("{file}: {key} is missing")]
    Missing {
        /// The file.
        file: String,
        /// The key.
        key: &'static str,
    },
    /// The parts do not fit together.
    #[error("{file}: {reason}")]
    Unfit {
        /// The file.
        file: String,
        /// Why.
        reason: String,
    },
    /// Templates build on one another in a circle.
    #[error("templates build on one another in a circle: {0}")]
    Cycle(String),
}

impl TemplateError {
    /// There is no built-in template of this name.
    pub(crate) fn unknown(name: &str) -> Self {
        Self::Unknown {
            name: name.to_owned(),
        }
    }
}

/// A template file as it is written; what is missing comes from its base.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    base: Option<Spanned<String>>,
    size: Option<Spanned<String>>,
    margin_mm: Option<Spanned<f32>>,
    code_mm_max: Option<Spanned<f32>>,
    module_mm: Option<Spanned<f32>>,
    rule: Option<bool>,
    head: Option<Vec<WrittenRow>>,
    side: Option<Vec<WrittenRow>>,
    foot: Option<Vec<WrittenRow>>,
    sheet: Option<WrittenSheet>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRow {
    field: Spanned<String>,
    size_mm: Spanned<f32>,
    size_mm_min: Option<Spanned<f32>>,
    lines_max: Option<Spanned<usize>>,
    wraps_below: Option<Spanned<f32>>,
    caption: Option<Spanned<String>>,
    style: Option<Spanned<String>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSheet {
    page: Spanned<String>,
    columns: Spanned<u16>,
    rows: Spanned<u16>,
    left_mm: Spanned<f32>,
    top_mm: Spanned<f32>,
    pitch_x_mm: Spanned<f32>,
    pitch_y_mm: Spanned<f32>,
}

/// What one file says, checked; still without what its base says.
#[derive(Debug, Default)]
struct Part {
    size: Option<Size>,
    margin_mm: Option<f32>,
    code_mm_max: Option<f32>,
    module_mm: Option<f32>,
    rule: Option<bool>,
    head: Option<Vec<Row>>,
    side: Option<Vec<Row>>,
    foot: Option<Vec<Row>>,
    sheet: Option<SheetGrid>,
}

pub(super) fn read_named(name: &str) -> Result<Template, TemplateError> {
    let text = Template::source(name).ok_or_else(|| TemplateError::unknown(name))?;
    finish(name, gather(name, text, None, &mut Vec::new())?)
}

pub(super) fn parse(name: &str, text: &str) -> Result<Template, TemplateError> {
    parse_in(name, text, None)
}

pub(super) fn parse_in(
    name: &str,
    text: &str,
    folder: Option<&Path>,
) -> Result<Template, TemplateError> {
    finish(name, gather(name, text, folder, &mut Vec::new())?)
}

pub(super) fn load(path: &Path) -> Result<Template, TemplateError> {
    load_as(&path.display().to_string(), path)
}

pub(super) fn load_as(name: &str, path: &Path) -> Result<Template, TemplateError> {
    parse_in(name, &read(path)?, path.parent())
}

pub(super) fn read(path: &Path) -> Result<String, TemplateError> {
    let refuse = |reason: String| TemplateError::Read {
        file: path.display().to_string(),
        reason,
    };
    let length = std::fs::metadata(path)
        .map_err(|error| refuse(error.to_string()))?
        .len();
    if length > FILE_BYTES_MAX as u64 {
        return Err(refuse(format!("it has more than {FILE_BYTES_MAX} bytes")));
    }
    std::fs::read_to_string(path).map_err(|error| refuse(error.to_string()))
}

/// Reads a file and what it builds upon; `folder` is where further files may lie.
fn gather(
    name: &str,
    text: &str,
    folder: Option<&Path>,
    chain: &mut Vec<String>,
) -> Result<Part, TemplateError> {
    let again = chain.iter().any(|seen| seen == name);
    chain.push(name.to_owned());
    if again || chain.len() > BASES_MAX {
        return Err(TemplateError::Cycle(chain.join(" -> ")));
    }
    let source = Source { name, text };
    let written: Written = toml::from_str(text).map_err(|error| {
        source.wrong(
            error.span().map_or(0, |span| span.start),
            error.message().to_owned(),
        )
    })?;
    let base = match &written.base {
        None => Part::default(),
        Some(base) => gather_base(&source, base, folder, chain)?,
    };
    Ok(source.check(written)?.over(base))
}

fn gather_base(
    source: &Source<'_>,
    base: &Spanned<String>,
    folder: Option<&Path>,
    chain: &mut Vec<String>,
) -> Result<Part, TemplateError> {
    let name = base.get_ref();
    if let Some(text) = Template::source(name) {
        return gather(name, text, None, chain);
    }
    // Only beside this file: a path could lead anywhere.
    let is_beside = Path::new(name)
        .file_name()
        .is_some_and(|file| file == name.as_str());
    let file: Option<PathBuf> = folder.filter(|_| is_beside).map(|folder| folder.join(name));
    match file.filter(|file| file.is_file()) {
        Some(file) => gather(name, &read(&file)?, folder, chain),
        None => Err(source.wrong(
            base.span().start,
            format!(
                "base: {name:?} is neither a file beside this one nor one of {}",
                FILES.map(|(name, _)| name).join(", ")
            ),
        )),
    }
}

/// A file that is being checked, for messages.
struct Source<'a> {
    name: &'a str,
    text: &'a str,
}

impl Source<'_> {
    fn wrong(&self, at: usize, reason: String) -> TemplateError {
        let before = self.text.get(..at).unwrap_or_default();
        TemplateError::Wrong {
            file: self.name.to_owned(),
            line: before.matches('\n').count() + 1,
            reason,
        }
    }

    fn number(
        &self,
        key: &str,
        value: &Spanned<f32>,
        range: RangeInclusive<f32>,
    ) -> Result<f32, TemplateError> {
        let found = *value.get_ref();
        if range.contains(&found) {
            return Ok(found);
        }
        let (least, most) = (range.start(), range.end());
        let reason = format!("{key} is {found}; it must be {least} to {most}");
        Err(self.wrong(value.span().start, reason))
    }

    fn size(&self, key: &str, value: &Spanned<String>) -> Result<Size, TemplateError> {
        let refuse = |reason| self.wrong(value.span().start, format!("{key}: {reason}"));
        let size: Size = value
            .get_ref()
            .parse()
            .map_err(|error: crate::LabelError| refuse(error.to_string()))?;
        if LABEL_MM.contains(&size.width_mm) && LABEL_MM.contains(&size.height_mm) {
            return Ok(size);
        }
        let (least, most) = (LABEL_MM.start(), LABEL_MM.end());
        Err(refuse(format!(
            "each side of {size} must be {least} to {most} mm"
        )))
    }

    fn check(&self, written: Written) -> Result<Part, TemplateError> {
        let number = |key: &str, value: Option<Spanned<f32>>, range| {
            value
                .map(|value| self.number(key, &value, range))
                .transpose()
        };
        Ok(Part {
            size: written
                .size
                .map(|size| self.size("size", &size))
                .transpose()?,
            margin_mm: number("margin_mm", written.margin_mm, 0.8..=20.0)?,
            code_mm_max: number("code_mm_max", written.code_mm_max, 10.0..=200.0)?,
            module_mm: number("module_mm", written.module_mm, 0.25..=0.99)?,
            rule: written.rule,
            head: self.rows("head", written.head)?,
            side: self.rows("side", written.side)?,
            foot: self.rows("foot", written.foot)?,
            sheet: written.sheet.map(|sheet| self.sheet(&sheet)).transpose()?,
        })
    }

    fn rows(
        &self,
        key: &str,
        rows: Option<Vec<WrittenRow>>,
    ) -> Result<Option<Vec<Row>>, TemplateError> {
        let Some(rows) = rows else { return Ok(None) };
        if rows.len() > ROWS_MAX {
            let at = rows[ROWS_MAX].field.span().start;
            return Err(self.wrong(at, format!("{key} has more than {ROWS_MAX} rows")));
        }
        rows.iter()
            .map(|row| self.row(row))
            .collect::<Result<_, _>>()
            .map(Some)
    }

    fn row(&self, row: &WrittenRow) -> Result<Row, TemplateError> {
        let field: Field = row
            .field
            .get_ref()
            .parse()
            .map_err(|error: crate::LabelError| {
                self.wrong(row.field.span().start, format!("field: {error}"))
            })?;
        let size_mm = self.number("size_mm", &row.size_mm, LEGIBLE_MM..=FONT_MM_MAX)?;
        let size_mm_min = match &row.size_mm_min {
            Some(least) => self.number("size_mm_min", least, LEGIBLE_MM..=size_mm)?,
            None => LEGIBLE_MM,
        };
        let lines_max = row.lines_max.as_ref().map_or(1, |lines| *lines.get_ref());
        if let Some(lines) = row
            .lines_max
            .as_ref()
            .filter(|_| !(1..=8).contains(&lines_max))
        {
            let reason = format!("lines_max is {lines_max}; it must be 1 to 8");
            return Err(self.wrong(lines.span().start, reason));
        }
        let wraps_below = match &row.wraps_below {
            Some(part) => self.number("wraps_below", part, 0.1..=1.0)?,
            None => 0.92,
        };
        let captions = [
            ("never", Caption::Never),
            ("always", Caption::Always),
            ("if-fits", Caption::IfFits),
        ];
        Ok(Row {
            field,
            size_mm,
            size_mm_min,
            lines_max,
            wraps_below,
            caption: self.word("caption", row.caption.as_ref(), captions)?,
            style: self.word(
                "style",
                row.style.as_ref(),
                [("plain", Style::Plain), ("band", Style::Band)],
            )?,
        })
    }

    /// One of some words; the first where nothing is written.
    fn word<T: Copy, const N: usize>(
        &self,
        key: &str,
        value: Option<&Spanned<String>>,
        words: [(&str, T); N],
    ) -> Result<T, TemplateError> {
        let Some(value) = value else {
            return Ok(words[0].1);
        };
        let found = words.iter().find(|(word, _)| word == value.get_ref());
        found.map(|(_, meant)| *meant).ok_or_else(|| {
            let known = words.map(|(word, _)| word).join(", ");
            let reason = format!("{key} is {:?}; it must be one of {known}", value.get_ref());
            self.wrong(value.span().start, reason)
        })
    }

    fn sheet(&self, sheet: &WrittenSheet) -> Result<SheetGrid, TemplateError> {
        let count = |key: &str, value: &Spanned<u16>| {
            let found = *value.get_ref();
            if (1..=50).contains(&found) {
                return Ok(found);
            }
            let reason = format!("sheet.{key} is {found}; it must be 1 to 50");
            Err(self.wrong(value.span().start, reason))
        };
        let number = |key: &str, value, range| self.number(&format!("sheet.{key}"), value, range);
        Ok(SheetGrid {
            page: self.size("sheet.page", &sheet.page)?,
            columns: count("columns", &sheet.columns)?,
            rows: count("rows", &sheet.rows)?,
            left_mm: number("left_mm", &sheet.left_mm, 0.0..=200.0)?,
            top_mm: number("top_mm", &sheet.top_mm, 0.0..=200.0)?,
            pitch_x_mm: number("pitch_x_mm", &sheet.pitch_x_mm, 1.0..=300.0)?,
            pitch_y_mm: number("pitch_y_mm", &sheet.pitch_y_mm, 1.0..=300.0)?,
        })
    }
}

impl Part {
    /// This part, and from `base` what it does not say.
    fn over(self, base: Self) -> Self {
        Self {
            size: self.size.or(base.size),
            margin_mm: self.margin_mm.or(base.margin_mm),
            code_mm_max: self.code_mm_max.or(base.code_mm_max),
            module_mm: self.module_mm.or(base.module_mm),
            rule: self.rule.or(base.rule),
            head: self.head.or(base.head),
            side: self.side.or(base.side),
            foot: self.foot.or(base.foot),
            sheet: self.sheet.or(base.sheet),
        }
    }
}

fn finish(file: &str, part: Part) -> Result<Template, TemplateError> {
    let missing = |key| TemplateError::Missing {
        file: file.to_owned(),
        key,
    };
    let template = Template {
        name: file.to_owned(),
        size: part.size.ok_or_else(|| missing("size"))?,
        margin_mm: part.margin_mm.ok_or_else(|| missing("margin_mm"))?,
        code_mm_max: part.code_mm_max.ok_or_else(|| missing("code_mm_max"))?,
        module_mm: part.module_mm.unwrap_or(0.5),
        rule: part.rule.unwrap_or_default(),
        head: part.head.unwrap_or_default(),
        side: part.side.ok_or_else(|| missing("side"))?,
        foot: part.foot.unwrap_or_default(),
        sheet: part.sheet,
    };
    unfit(&template).map_or(Ok(template), |reason| {
        Err(TemplateError::Unfit {
            file: file.to_owned(),
            reason,
        })
    })
}

/// Why the parts of a template do not fit together, if they do not.
fn unfit(template: &Template) -> Option<String> {
    let (size, code_mm) = (template.size, template.code_mm_max);
    if code_mm > template.width_mm().min(template.height_mm()) {
        return Some(format!(
            "a code of {code_mm} mm does not fit on a label of {size}"
        ));
    }
    if 2.0 * template.margin_mm >= template.width_mm().min(template.height_mm()) {
        return Some(format!("with that margin_mm nothing is left of {size}"));
    }
    let rows = || {
        template
            .head
            .iter()
            .chain(&template.side)
            .chain(&template.foot)
    };
    let twice = |row: &&Row| rows().filter(|other| other.field == row.field).count() > 1;
    if let Some(row) = rows().find(twice) {
        return Some(format!("the field {} has more than one row", row.field));
    }
    let sheet = template.sheet?;
    if sheet.pitch_x_mm < template.width_mm() && sheet.columns > 1
        || sheet.pitch_y_mm < template.height_mm() && sheet.rows > 1
    {
        return Some(format!(
            "labels of {size} would overlap on the sheet: the pitch is smaller"
        ));
    }
    let (x_mm, y_mm) = sheet.place_mm(sheet.labels() - 1);
    let fits = x_mm + template.width_mm() <= f32::from(sheet.page.width_mm) + 0.05
        && y_mm + template.height_mm() <= f32::from(sheet.page.height_mm) + 0.05;
    (!fits).then(|| format!("the last label ends outside the page of {}", sheet.page))
}

#[cfg(test)]
mod tests;
