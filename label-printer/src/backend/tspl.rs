//! TSPL as one bitmap: the printers' own fonts garble Chinese, a bitmap never does.

use crate::adjust::Adjust;
use crate::error::LabelError;
use crate::press::Sheet;

/// Writes one label and the command to print it once.
pub(crate) fn write(sheet: &Sheet, adjust: &Adjust) -> Result<Vec<u8>, LabelError> {
    let bitmap = adjust.shift(sheet)?;
    let size = sheet.layout.size;
    let mut out = format!(
        "SIZE {} mm,{} mm\r\nGAP {} mm,0 mm\r\n{}DIRECTION 1\r\nCLS\r\nBITMAP 0,0,{},{},0,",
        size.width_mm,
        size.height_mm,
        adjust.gap_mm,
        if adjust.cut { "SET CUTTER 1\r\n" } else { "" },
        bitmap.row_bytes(),
        bitmap.height(),
    )
    .into_bytes();
    // In TSPL a cleared bit is black.
    out.extend(bitmap.bytes().iter().map(|byte| !byte));
    out.extend_from_slice(b"\r\nPRINT 1,1\r\n");
    Ok(out)
}
