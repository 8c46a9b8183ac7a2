//! ESC/POS as raster pictures: receipt printers and the many label printers that imitate them.

use crate::adjust::Adjust;
use crate::error::LabelError;
use crate::press::Sheet;

/// Rows in one raster command: small printers cannot hold more.
pub(crate) const BAND_ROWS: usize = 128;

/// Initialize.
const INITIALIZE: [u8; 2] = [0x1B, b'@'];

/// Begins a raster picture at the printer's own resolution (`GS v 0`).
const RASTER: [u8; 4] = [0x1D, b'v', b'0', 0];

/// Feeds to the cutter and cuts, but for one point (`GS V 66`).
const CUT: [u8; 4] = [0x1D, b'V', 66, 0];

/// Writes one label: its rows in bands, then the gap, and the cut where there is a cutter.
pub(crate) fn write(sheet: &Sheet, adjust: &Adjust) -> Result<Vec<u8>, LabelError> {
    let dpi = sheet.layout.dpi;
    let bitmap = adjust.shift(sheet)?;
    let row_bytes = bitmap.row_bytes();
    let mut out = INITIALIZE.to_vec();
    for band in bitmap.bytes().chunks(row_bytes * BAND_ROWS) {
        out.extend(RASTER);
        out.extend((row_bytes as u16).to_le_bytes());
        out.extend(((band.len() / row_bytes) as u16).to_le_bytes());
        out.extend(band);
    }
    if adjust.cut {
        out.extend(CUT);
    } else {
        // Feeds so many dots (`ESC J`); a gap of 20 mm is 236 dots at most.
        out.extend([0x1B, b'J', dpi.dots(adjust.gap_mm) as u8]);
    }
    Ok(out)
}
