//! The closure of a lot as a drawing: a column a level, what it came of to the left, what came of
//! it to the right, who received of it at the far right. What does not fit is counted, never left
//! out silently; the list below the drawing has everything that can be read on a page.

use std::collections::BTreeMap;

use askama::Template;
use model::lot::LotState;

use crate::page::{Page, Site};

/// Most boxes of a column.
const ROWS_MAX: usize = 8;
/// Most columns to either side.
const LEVELS_MAX: i32 = 6;
/// Most lines.
const EDGES_MAX: usize = 160;
/// Size of a box, and from one to the next.
const BOX_WIDTH: i32 = 196;
const BOX_HEIGHT: i32 = 66;
const COLUMN: i32 = 276;
const ROW: i32 = 84;
const MARGIN: i32 = 12;
/// How far a line that leaps a column bends down.
const DIP: i32 = 64;
/// Columns of a narrow type that a box holds; a Chinese character takes two.
const CODE_COLUMNS: usize = 21;
const NAME_COLUMNS: usize = 28;

/// A lot of a closure.
#[derive(Debug, Clone)]
pub struct GraphLot {
    /// Its number.
    pub id: i64,
    /// Processings between the lot asked about and this one; below 0 for what it came of.
    pub level: i32,
    /// Its page.
    pub href: String,
    /// Its code.
    pub code: String,
    /// What it is.
    pub product: String,
    /// Where it stands.
    pub state: LotState,
    /// What was harvested or made of it, with unit.
    pub quantity: String,
}

/// Somebody who received of a lot.
#[derive(Debug, Clone)]
pub struct GraphReceiver {
    /// Number of the party.
    pub id: i64,
    /// Name.
    pub name: String,
    /// Of which lot.
    pub lot: i64,
    /// How much, with unit.
    pub quantity: String,
}

/// From one lot to another.
#[derive(Debug, Clone)]
pub struct GraphFlow {
    /// Number of the lot that went in.
    pub from: i64,
    /// Number of the lot that came out.
    pub to: i64,
    /// How much went in, with unit.
    pub quantity: String,
}

/// A lot placed.
struct LotBox<'a> {
    lot: &'a GraphLot,
    x: i32,
    y: i32,
    code: String,
    product: String,
}

/// A receiver placed.
struct PartyBox {
    x: i32,
    y: i32,
    name: String,
}

/// A line with its quantity.
struct Line {
    path: String,
    /// Where the words stand.
    at: (i32, i32),
    words: String,
    /// To a receiver.
    sent: bool,
}

/// Boxes of a column that do not fit.
struct More {
    x: i32,
    y: i32,
    count: usize,
}

#[derive(Template)]
#[template(path = "supervisor_graph.html")]
struct Drawing<'a> {
    site: &'a Site,
    width: i32,
    height: i32,
    lots: Vec<LotBox<'a>>,
    parties: Vec<PartyBox>,
    lines: Vec<Line>,
    more: Vec<More>,
}

/// Draws a closure.
pub fn draw(
    site: &Site,
    lots: &[GraphLot],
    flows: &[GraphFlow],
    receivers: &[GraphReceiver],
) -> Page {
    let mut columns: BTreeMap<i32, Vec<&GraphLot>> = BTreeMap::new();
    for lot in lots.iter().filter(|lot| lot.level.abs() <= LEVELS_MAX) {
        columns.entry(lot.level).or_default().push(lot);
    }
    let names = parties(receivers);
    let rows = columns.values().map(Vec::len).chain([names.len()]);
    let rows = rows.map(|n| n.min(ROWS_MAX + 1)).max().unwrap_or(1).max(1);
    let height = rows as i32 * ROW + 2 * MARGIN;
    let mut drawing = Drawing {
        site,
        width: (columns.len() + usize::from(!names.is_empty())) as i32 * COLUMN
            - (COLUMN - BOX_WIDTH)
            + 2 * MARGIN,
        height,
        lots: Vec::new(),
        parties: Vec::new(),
        lines: Vec::new(),
        more: Vec::new(),
    };
    for (place, column) in columns.values().enumerate() {
        drawing.column(place, column);
    }
    drawing.party_column(columns.len(), &names);
    drawing.join(flows, receivers, &names);
    drawing.render()
}

/// The receivers, each once.
fn parties(receivers: &[GraphReceiver]) -> Vec<(i64, &str)> {
    let mut names: Vec<(i64, &str)> = Vec::new();
    for one in receivers {
        if !names.iter().any(|(id, _)| *id == one.id) {
            names.push((one.id, &one.name));
        }
    }
    names
}

impl<'a> Drawing<'a> {
    /// Where the boxes of a column stand: in its middle.
    fn places(&self, column: usize, boxes: usize) -> (i32, i32) {
        let rows = boxes.min(ROWS_MAX) as i32 + i32::from(boxes > ROWS_MAX);
        let x = MARGIN + column as i32 * COLUMN;
        (x, (self.height - rows * ROW) / 2 + (ROW - BOX_HEIGHT) / 2)
    }

    fn column(&mut self, place: usize, lots: &[&'a GraphLot]) {
        let (x, top) = self.places(place, lots.len());
        for (row, lot) in lots.iter().take(ROWS_MAX).enumerate() {
            self.lots.push(LotBox {
                lot,
                x,
                y: top + row as i32 * ROW,
                code: cut(&lot.code, CODE_COLUMNS),
                product: cut(&lot.product, NAME_COLUMNS),
            });
        }
        self.count_more(lots.len(), (x, top));
    }

    fn party_column(&mut self, place: usize, names: &[(i64, &str)]) {
        let (x, top) = self.places(place, names.len());
        for (row, (_, name)) in names.iter().take(ROWS_MAX).enumerate() {
            self.parties.push(PartyBox {
                x,
                y: top + row as i32 * ROW,
                name: cut(name, NAME_COLUMNS),
            });
        }
        self.count_more(names.len(), (x, top));
    }

    fn count_more(&mut self, boxes: usize, (x, top): (i32, i32)) {
        if boxes > ROWS_MAX {
            self.more.push(More {
                x,
                y: top + ROWS_MAX as i32 * ROW,
                count: boxes - ROWS_MAX,
            });
        }
    }

    fn join(&mut self, flows: &[GraphFlow], receivers: &[GraphReceiver], names: &[(i64, &str)]) {
        let place = |id: i64| {
            let found = self.lots.iter().find(|one| one.lot.id == id);
            found.map(|one| (one.x, one.y))
        };
        let party = |id: i64| {
            let row = names.iter().position(|(known, _)| *known == id)?;
            self.parties.get(row).map(|one| (one.x, one.y))
        };
        let made = flows.iter().filter_map(|flow| {
            Some(line(
                place(flow.from)?,
                place(flow.to)?,
                &flow.quantity,
                false,
            ))
        });
        let sent = receivers
            .iter()
            .filter_map(|one| Some(line(place(one.lot)?, party(one.id)?, &one.quantity, true)));
        self.lines = made.chain(sent).take(EDGES_MAX).collect();
    }
}

/// A line from the right of one box to the left of another.
fn line(from: (i32, i32), to: (i32, i32), words: &str, sent: bool) -> Line {
    let (x1, y1) = (from.0 + BOX_WIDTH, from.1 + BOX_HEIGHT / 2);
    let (x2, y2) = (to.0, to.1 + BOX_HEIGHT / 2);
    let bend = (x2 - x1) / 2;
    // What lies in between is passed below, not behind: it has no part in this.
    let dip = if x2 - x1 > COLUMN { DIP } else { 0 };
    let (out, back) = (x1 + bend, x2 - bend);
    let (down, up) = (y1 + dip, y2 + dip);
    Line {
        path: format!("M{x1} {y1}C{out} {down} {back} {up} {x2} {y2}"),
        // Near its end, where lines of one beginning have parted.
        at: (x2 - 6, y2 - 7),
        words: words.to_owned(),
        sent,
    }
}

/// As much of a text as so many columns hold.
fn cut(text: &str, columns: usize) -> String {
    let wide = |c: char| if c.is_ascii() { 1 } else { 2 };
    if text.chars().map(wide).sum::<usize>() <= columns {
        return text.to_owned();
    }
    let mut left = columns - 1;
    let kept = text.chars().take_while(|c| {
        let fits = wide(*c) <= left;
        left = left.saturating_sub(wide(*c));
        fits
    });
    kept.collect::<String>() + "…"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Lang;

    fn lot(id: i64, level: i32) -> GraphLot {
        GraphLot {
            id,
            level,
            href: format!("/supervisor/lots/{id}"),
            code: format!("L-{id}"),
            product: "毛坝莓茶 特级 罐装 100 g 礼盒装".to_owned(),
            state: LotState::Shipped,
            quantity: "10 kg".to_owned(),
        }
    }

    #[test]
    fn lots_stand_by_level_and_lines_join_what_is_drawn() -> Result<(), askama::Error> {
        let site = crate::page::tests_site(Lang::Zh);
        let lots = [lot(1, -1), lot(2, 0), lot(3, 1), lot(4, 1)];
        let flow = |from, to| GraphFlow {
            from,
            to,
            quantity: "5 kg".to_owned(),
        };
        let to = GraphReceiver {
            id: 7,
            name: "演示超市".to_owned(),
            lot: 3,
            quantity: "2 kg".to_owned(),
        };
        let flows = [flow(1, 2), flow(2, 3), flow(2, 4), flow(2, 99)];
        let html = draw(&site, &lots, &flows, &[to])?;
        assert_eq!(html.matches("<path class=\"flow").count(), 4, "{html}");
        assert_eq!(html.matches("class=\"flow sent\"").count(), 1);
        assert!(html.contains("演示超市") && html.contains("L-4"));
        Ok(())
    }

    #[test]
    fn what_does_not_fit_is_counted() -> Result<(), askama::Error> {
        let site = crate::page::tests_site(Lang::Zh);
        let many: Vec<_> = (0..20).map(|id| lot(id, i32::from(id > 0))).collect();
        let html = draw(&site, &many, &[], &[])?;
        assert!(html.contains("另有 11 个"), "{html}");
        Ok(())
    }

    #[test]
    fn a_text_is_cut_by_the_width_of_its_characters() {
        assert_eq!(cut("MC-20261120-01", 21), "MC-20261120-01");
        assert_eq!(cut("毛坝莓茶", 8), "毛坝莓茶");
        assert_eq!(cut("毛坝莓茶特级", 8), "毛坝莓…");
    }
}
