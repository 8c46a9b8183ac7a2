//! TSPL as one bitmap: the printers' own fonts garble Chinese, a bitmap never does.

use crate::press::Sheet;

/// Gap between two labels on the web, the usual one of die-cut rolls.
const GAP_MM: u16 = 2;

/// Writes one label and the command to print it once.
pub(crate) fn write(sheet: &Sheet) -> Vec<u8> {
    let (size, bitmap) = (sheet.layout.size, sheet.bitmap());
    let mut out = format!(
        "SIZE {} mm,{} mm\r\nGAP {GAP_MM} mm,0 mm\r\nDIRECTION 1\r\nCLS\r\nBITMAP 0,0,{},{},0,",
        size.width_mm,
        size.height_mm,
        bitmap.row_bytes(),
        bitmap.height(),
    )
    .into_bytes();
    // In TSPL a cleared bit is black.
    out.extend(bitmap.bytes().iter().map(|byte| !byte));
    out.extend_from_slice(b"\r\nPRINT 1,1\r\n");
    out
}
