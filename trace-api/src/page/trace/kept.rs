//! A lot's page that is kept: drawn once, and filled in for each item of the lot that is looked at.

use askama::Template;

use super::render::{Told, TracePage, query_line};
use super::{Query, TraceView, Verdict};
use crate::page::{Page, Site};

/// Stands where the serial goes. Unicode keeps this and the next for a program's own use, so that
/// no text has them; one that has them all the same shows the serial there.
const SERIAL: char = '\u{fdd0}';
/// Stands where the sentence about the queries goes.
const QUERIES: char = '\u{fdd1}';

/// A page without what belongs to one item.
#[derive(Debug)]
pub struct KeptPage(String);

impl KeptPage {
    /// Draws the page of a lot whose items are at `stem` and their serial. `None` for a recalled
    /// lot: that page is never kept.
    pub fn draw(
        site: &Site,
        mut view: TraceView,
        stem: &str,
    ) -> Result<Option<Self>, askama::Error> {
        if matches!(view.verdict, Verdict::Recalled { .. }) {
            return Ok(None);
        }
        let mut site = site.clone();
        site.here = format!("{stem}{SERIAL}");
        view.lot.serial = Some(SERIAL.to_string());
        view.query = Some(Query {
            first: site.now,
            count: 1,
            days: 1,
            places: 0,
            busiest: 1,
            signs: Vec::new(),
        });
        let (site, view) = (&site, &view);
        let mut told = Told::of(site, view)?;
        told.query_line = QUERIES.to_string();
        let page = TracePage { site, view, told }.render()?;
        Ok(Some(Self(page)))
    }

    /// The page of one item, whose queries are nothing out of the common.
    pub fn fill(&self, site: &Site, serial: &str, query: &Query) -> Page {
        let (serial, line) = (
            Text(serial).render()?,
            Text(&query_line(site, query)).render()?,
        );
        let mut page = String::with_capacity(self.0.len() + line.len() + 8 * serial.len());
        let mut rest = self.0.as_str();
        while let Some(at) = rest.find([SERIAL, QUERIES]) {
            let (before, after) = rest.split_at(at);
            page.push_str(before);
            page.push_str(if after.starts_with(SERIAL) {
                &serial
            } else {
                &line
            });
            rest = &after[SERIAL.len_utf8()..];
        }
        page.push_str(rest);
        Ok(page)
    }
}

/// A piece of text, escaped.
#[derive(Template)]
#[template(source = "{{ self.0 }}", ext = "html")]
struct Text<'a>(&'a str);
