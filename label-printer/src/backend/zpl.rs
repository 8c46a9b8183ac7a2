//! ZPL as one graphic field in hexadecimal: understood by every Zebra printer and by the many that
//! imitate it.

use crate::adjust::Adjust;
use crate::error::LabelError;
use crate::press::Sheet;

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Writes one label.
pub(crate) fn write(sheet: &Sheet, adjust: &Adjust) -> Result<Vec<u8>, LabelError> {
    let bitmap = adjust.shift(sheet)?;
    let (bytes, row) = (bitmap.bytes().len(), bitmap.row_bytes());
    let mut out = format!(
        "^XA{}^PW{}^LL{}^LH0,0^FO0,0^GFA,{bytes},{bytes},{row},",
        if adjust.cut { "^MMC" } else { "" },
        bitmap.width(),
        bitmap.height()
    )
    .into_bytes();
    for byte in bitmap.bytes() {
        out.extend([HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 0xF)]]);
    }
    out.extend_from_slice(b"^FS^XZ\n");
    Ok(out)
}
