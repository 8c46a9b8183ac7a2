//! Printers: registered, and given other settings.

use store::StoreError;
use store::account::Account;
use store::printer::{self, Printer, Settings};

use super::print::check_settings;
use crate::act;
use crate::problem::{Answer, Kind, Problem};
use crate::state::AppState;

/// Registers a printer.
pub(crate) async fn register(
    state: &AppState,
    by: &Account,
    settings: Settings,
) -> Answer<Printer> {
    let settings = check_settings(settings)?;
    let mut transaction = act::begin(state, by).await?;
    let id = printer::insert(&mut transaction, &settings, Some(by.id), state.now()).await;
    let id = id.map_err(refused)?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(Printer { id, settings })
}

/// Gives a printer new settings.
pub(crate) async fn change(
    state: &AppState,
    by: &Account,
    id: i64,
    settings: Settings,
) -> Answer<Printer> {
    let settings = check_settings(settings)?;
    let mut transaction = act::begin(state, by).await?;
    let changed = printer::update(&mut transaction, id, &settings).await;
    if !changed.map_err(refused)? {
        return Err(Problem::told(
            Kind::NotFound,
            "there is no such printer",
            "没有这台打印机",
        ));
    }
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(Printer { id, settings })
}

/// Names are unique, and a printer belongs to a producer that there is.
fn refused(error: StoreError) -> Problem {
    match error.constraint() {
        Some("printer_name_key") => Problem {
            field: Some("name"),
            ..Problem::told(
                Kind::Conflict,
                "another printer has this name",
                "已有同名打印机",
            )
        },
        Some("printer_producer_fkey") => Problem::invalid(
            "producer_id",
            "there is no such producer",
            "没有这个生产主体",
        ),
        _ => error.into(),
    }
}
