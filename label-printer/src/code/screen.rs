//! A code for a screen: any text as SVG, in modules and without a size, so that a page's style says
//! how large it is.

use std::fmt::Write as _;

use super::{Correction, plan};

/// The smallest symbol of a text, with its quiet zone; `None` where no symbol holds it.
#[must_use]
pub fn code_svg(text: &str) -> Option<String> {
    let symbol = plan(text, Correction::M)?.encode().ok()?;
    let side = symbol.modules_with_quiet();
    let quiet = super::QUIET_MODULES;
    let mut path = String::new();
    for (row, column, count) in symbol.runs() {
        let (x, y) = (column + quiet, row + quiet);
        // Writing to a string cannot fail.
        let _ = write!(path, "M{x} {y}h{count}v1h-{count}z");
    }
    Some(format!(
        "<svg class=\"qr\" viewBox=\"0 0 {side} {side}\" role=\"img\" aria-label=\"QR\" \
         shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}h-{side}z\"/>\
         <path d=\"{path}\"/></svg>"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draws the path's rectangles at four dots a module and reads them with another's decoder.
    fn read(svg: &str) -> Option<String> {
        const DOTS: usize = 4;
        let side: usize = svg.split("0 0 ").nth(1)?.split(' ').next()?.parse().ok()?;
        let path = svg.split("<path d=\"").nth(1)?.split('"').next()?;
        let mut dark = vec![false; side * side];
        for run in path.split('M').skip(1) {
            let mut numbers = run.split(|c: char| !c.is_ascii_digit());
            let mut next = || numbers.find(|n| !n.is_empty())?.parse::<usize>().ok();
            let (x, y, count) = (next()?, next()?, next()?);
            dark[y * side + x..][..count].fill(true);
        }
        let mut image =
            rqrr::PreparedImage::prepare_from_greyscale(side * DOTS, side * DOTS, |x, y| {
                if dark[y / DOTS * side + x / DOTS] {
                    0
                } else {
                    255
                }
            });
        let (_, text) = image.detect_grids().first()?.decode().ok()?;
        Some(text)
    }

    #[test]
    fn a_gateways_address_can_be_read_back() {
        let address = "mqtt://maoba-1:zR3_kQ-x9TfWm0aLsd8e2g@trace.example.cn:1883";
        assert_eq!(
            code_svg(address).and_then(|svg| read(&svg)).as_deref(),
            Some(address)
        );
    }

    #[test]
    fn what_no_symbol_holds_has_none() {
        assert_eq!(code_svg(&"x".repeat(5_000)), None);
    }
}
