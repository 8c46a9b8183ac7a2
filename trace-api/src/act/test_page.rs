//! The ruler test page of a printer: made with its habits, and sent to it.

use label_printer::device::{Address, Device, Patience};
use label_printer::{Adjust, CodeLink, Dpi, Format, LabelError, Size};
use model::gs1::Gtin;
use store::printer::Printer;

use super::label::{template, unprintable};
use super::print::{adjust, dpi, language};
use crate::problem::{Answer, Kind, Problem};
use crate::state::AppState;

/// A restricted-circulation number that is nobody's: what the test page's code says.
const NOBODYS_GTIN: &str = "02000000000008";

/// A test page that has been drawn.
#[derive(Debug)]
pub(crate) struct TestPage {
    /// The page in the printer's language.
    pub(crate) bytes: Vec<u8>,
    /// That language.
    pub(crate) format: Format,
    printer: Printer,
}

/// Draws the test page of a size, or of a template's label or sheet.
pub(crate) async fn make(state: &AppState, printer: Printer, size: &str) -> Answer<TestPage> {
    let template = template(state, "size", size)?;
    let format = language(&printer.settings)?;
    let (dpi, adjust) = (dpi(&printer.settings)?, adjust(&printer.settings));
    // A sheet goes through the printer as a whole, a roll label by label.
    let sheet = template.sheet.filter(|_| format == Format::Pdf);
    let size = sheet.map_or(template.size, |sheet| sheet.page);
    let link = code(state)?;
    let state = state.clone();
    let drawn =
        tokio::task::spawn_blocking(move || draw(&state, &link, (size, dpi), (format, adjust)));
    let drawn = drawn.await.map_err(Problem::internal)?;
    Ok(TestPage {
        bytes: drawn.map_err(unprintable)?,
        format,
        printer,
    })
}

fn code(state: &AppState) -> Answer<CodeLink> {
    let gtin = Gtin::parse(NOBODYS_GTIN).map_err(Problem::internal)?;
    let link = format!("{}/01/{gtin}", state.public_url());
    CodeLink::parse(&link).map_err(unprintable)
}

fn draw(
    state: &AppState,
    link: &CodeLink,
    (size, dpi): (Size, Dpi),
    (format, adjust): (Format, Adjust),
) -> Result<Vec<u8>, LabelError> {
    let mut press = state.presses().take()?;
    let ruler = press.ruler(link, size, dpi)?;
    let bytes = press.write_for(&ruler, format, &adjust);
    state.presses().give_back(press);
    bytes
}

/// Sends a test page to its printer.
pub(crate) async fn send(page: TestPage) -> Answer<()> {
    if page.format == Format::Pdf {
        let en = "this printer is for PDF: download the page and print it at its actual size";
        return Err(Problem::invalid(
            "printer",
            en,
            "该打印机使用 PDF：请下载测试页并按实际大小打印",
        ));
    }
    let address: Address = page.printer.settings.address.parse().map_err(|_| {
        Problem::told(
            Kind::Conflict,
            "the printer has no valid address",
            "打印机地址无效",
        )
    })?;
    let sent = tokio::task::spawn_blocking(move || {
        let mut device = Device::open(&address, page.format, Patience::default())?;
        device.send(&page.bytes)?;
        device.finish()
    });
    let sent = sent.await.map_err(Problem::internal)?;
    sent.map_err(|error| {
        let told = store::chain(&error);
        Problem::told(
            Kind::Conflict,
            told.clone(),
            format!("打印机没有接收：{told}"),
        )
    })
}
