//! Version 1 of the API: one file a resource.
#![expect(
    unused_qualifications,
    reason = "utoipa's macro qualifies the parameters it is given"
)]

use axum::extract::DefaultBodyLimit;
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::problem::{Answer, Kind, Problem};
use crate::rule::attachment;
use crate::rule::table;
use crate::rule::upload;
use crate::state::AppState;

pub(crate) mod accounts;
pub(crate) mod alarms;
pub(crate) mod audit;
pub(crate) mod certificates;
pub(crate) mod credentials;
pub(crate) mod dead_letters;
pub(crate) mod files;
pub(crate) mod filing;
pub(crate) mod gateways;
pub(crate) mod imports;
pub(crate) mod inputs;
pub(crate) mod instruments;
pub(crate) mod label_runs;
pub(crate) mod label_templates;
pub(crate) mod labels;
pub(crate) mod limits;
pub(crate) mod lots;
pub(crate) mod messages;
pub(crate) mod methods;
pub(crate) mod parties;
pub(crate) mod password;
pub(crate) mod pictures;
pub(crate) mod plots;
pub(crate) mod print_jobs;
pub(crate) mod printers;
pub(crate) mod processings;
pub(crate) mod producers;
pub(crate) mod products;
pub(crate) mod profiles;
pub(crate) mod recalls;
pub(crate) mod records;
pub(crate) mod relief;
pub(crate) mod reports;
pub(crate) mod scans;
pub(crate) mod sessions;
pub(crate) mod shipments;
pub(crate) mod statistics;
pub(crate) mod tests;
pub(crate) mod tokens;

/// Every route of this version.
pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(sessions::list, sessions::create))
        .routes(routes!(sessions::revoke))
        .routes(routes!(tokens::create))
        .routes(routes!(sessions::end))
        .routes(routes!(gateways::list, gateways::create))
        .routes(routes!(gateways::key::renew))
        .routes(routes!(gateways::probes::list, gateways::probes::create))
        .routes(routes!(
            gateways::probes::profile::show,
            gateways::probes::profile::change
        ))
        .routes(routes!(
            gateways::probes::calibrations::list,
            gateways::probes::calibrations::create
        ))
        .routes(routes!(
            gateways::probes::aliases::list,
            gateways::probes::aliases::create,
            gateways::probes::aliases::remove
        ))
        .routes(routes!(gateways::probes::readings::list))
        .routes(routes!(gateways::probes::readings::count))
        .routes(routes!(profiles::list, profiles::create))
        .routes(routes!(profiles::show))
        .routes(routes!(profiles::versions::create))
        .routes(routes!(gateways::cameras::list, gateways::cameras::create))
        .routes(routes!(
            gateways::cameras::placements::list,
            gateways::cameras::placements::create
        ))
        .routes(routes!(
            gateways::probes::placements::list,
            gateways::probes::placements::create
        ))
        .routes(routes!(gateways::cameras::pictures::list))
        .routes(routes!(pictures::show))
        .routes(routes!(dead_letters::list))
        .routes(routes!(dead_letters::replay::ask))
        .routes(routes!(dead_letters::replay::ask_all))
        .routes(routes!(alarms::list))
        .routes(routes!(alarms::acknowledge))
        .routes(routes!(
            alarms::shelving::shelve,
            alarms::shelving::unshelve
        ))
        .routes(routes!(alarms::assignment::assign))
        .routes(routes!(plots::list, plots::create))
        .routes(routes!(plots::change))
        .routes(routes!(plots::placements::list))
        .routes(routes!(lots::list, lots::create))
        .routes(routes!(lots::show))
        .routes(routes!(lots::tests::enter))
        .routes(routes!(lots::labels::issue))
        .routes(routes!(tests::list))
        .routes(routes!(labels::list))
        .routes(routes!(labels::picture))
        .routes(routes!(audit::list))
        .routes(routes!(messages::list))
        .merge(filings())
        .merge(uploads())
        .merge(lot_life())
        .merge(production_record())
        .merge(printing())
        .merge(quick_test())
        .merge(account_management())
        .merge(limits())
        .merge(attachments())
}

/// Producers and products on their way through the filing.
fn filings() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(producers::list, producers::create))
        .routes(routes!(producers::show, producers::change))
        .routes(routes!(producers::versions::list))
        .routes(routes!(producers::submission::create))
        .routes(routes!(producers::decision::create))
        .routes(routes!(products::list, products::create))
        .routes(routes!(products::show, products::change))
        .routes(routes!(products::versions::list))
        .routes(routes!(products::submission::create))
        .routes(routes!(products::decision::create))
        .routes(routes!(credentials::list, credentials::create))
        .routes(routes!(credentials::change))
        .routes(routes!(credentials::decision::create))
        .routes(routes!(credentials::withdrawal::create))
        .routes(routes!(relief::list))
        .routes(routes!(producers::relief::change))
        .routes(routes!(statistics::show))
        .routes(routes!(producers::export::show))
        .routes(routes!(imports::template))
        .routes(routes!(files::show))
}

/// What brings more than a form: files and tables. One byte more than is taken, so that it is told.
fn uploads() -> OpenApiRouter<AppState> {
    let files = OpenApiRouter::new()
        .routes(routes!(producers::files::list, producers::files::create))
        .layer(DefaultBodyLimit::max(upload::BYTES_MAX + 1));
    let tables = OpenApiRouter::new()
        .routes(routes!(imports::producers))
        .routes(routes!(imports::products))
        .routes(routes!(imports::lots))
        .layer(DefaultBodyLimit::max(table::BYTES_MAX + 1));
    files.merge(tables)
}

/// Methods, instruments, and the certificates that rest on results.
fn quick_test() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(methods::list, methods::create))
        .routes(routes!(instruments::list, instruments::create))
        .routes(routes!(instruments::results::create))
        .routes(routes!(lots::certificates::list, lots::certificates::issue))
        .routes(routes!(lots::certificates::check))
        .routes(routes!(certificates::void::create))
        .routes(routes!(certificates::file::show))
        .routes(routes!(reports::change))
        .routes(routes!(reports::show))
}

/// Who may sign in.
fn account_management() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(accounts::list, accounts::create))
        .routes(routes!(accounts::disable::create))
        .routes(routes!(accounts::enable::create))
        .routes(routes!(accounts::sessions::end))
        .routes(routes!(accounts::identity::link))
        .routes(routes!(accounts::password::draw))
        .routes(routes!(password::change))
}

/// The table of residue limits is larger than other bodies.
fn limits() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(limits::list, limits::import))
        .layer(DefaultBodyLimit::max(limits::BYTES_MAX))
}

/// Files beside the record are larger, too.
fn attachments() -> OpenApiRouter<AppState> {
    let reports = OpenApiRouter::new()
        .routes(routes!(lots::reports::list, lots::reports::create))
        .layer(DefaultBodyLimit::max(attachment::PDF_BYTES_MAX));
    let pictures = OpenApiRouter::new()
        .routes(routes!(records::pictures::create))
        .routes(routes!(records::pictures::show))
        .layer(DefaultBodyLimit::max(attachment::JPEG_BYTES_MAX));
    reports.merge(pictures)
}

/// What happens to a lot after its registration.
fn lot_life() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(lots::harvest::create))
        .routes(routes!(lots::interval::show))
        .routes(routes!(lots::interval_waiver::create))
        .routes(routes!(lots::samples::create))
        .routes(routes!(lots::release::create))
        .routes(routes!(lots::hold::create))
        .routes(routes!(lots::sold_out::create))
        .routes(routes!(lots::shipments::create))
        .routes(routes!(lots::steps::list))
        .routes(routes!(lots::seals::list, lots::seals::renew))
        .routes(routes!(shipments::list))
        .routes(routes!(shipments::receipt::create))
        .routes(routes!(parties::list, parties::create))
        .routes(routes!(processings::create))
        .routes(routes!(lots::graph::show))
        .routes(routes!(lots::recall::create))
        .routes(routes!(recalls::list))
        .routes(routes!(recalls::show::show))
        .routes(routes!(recalls::notice::change))
        .routes(routes!(recalls::calls::list, recalls::calls::create))
        .routes(routes!(recalls::lots::export))
        .routes(routes!(recalls::steps::csv))
        .routes(routes!(recalls::steps::xlsx))
}

/// What was done on plots and with what.
fn production_record() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(inputs::list, inputs::create))
        .routes(routes!(inputs::purchases::create))
        .routes(routes!(records::list, records::create))
        .routes(routes!(records::change))
}

/// Labels on paper.
fn printing() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(label_templates::list))
        .routes(routes!(label_templates::show))
        .routes(routes!(label_templates::preview))
        .routes(routes!(label_runs::ahead::list, label_runs::ahead::create))
        .routes(routes!(label_runs::ahead::bind))
        .routes(routes!(label_runs::ahead::activate))
        .routes(routes!(scans::days))
        .routes(routes!(scans::suspects))
        .routes(routes!(label_runs::show))
        .routes(routes!(label_runs::write))
        .routes(routes!(label_runs::print))
        .routes(routes!(label_runs::file))
        .routes(routes!(printers::list, printers::create))
        .routes(routes!(printers::change))
        .routes(routes!(
            printers::test_page::show,
            printers::test_page::print
        ))
        .routes(routes!(print_jobs::show))
        .routes(routes!(print_jobs::act))
}

/// A time of the query, RFC 3339.
fn parse_time(field: &'static str, text: Option<&str>) -> Answer<Option<OffsetDateTime>> {
    // An unescaped plus of an offset arrives as a space.
    let parse = |text: &str| OffsetDateTime::parse(&text.replace(' ', "+"), &Rfc3339);
    let refuse = |_| Problem {
        field: Some(field),
        ..Problem::told(
            Kind::Malformed,
            "write a time as RFC 3339",
            "时间格式须为 RFC 3339",
        )
    };
    text.map(parse).transpose().map_err(refuse)
}

/// How much of a list is wanted.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Limit<const DEFAULT: i64>(i64);

impl<const DEFAULT: i64> Default for Limit<DEFAULT> {
    fn default() -> Self {
        Self(DEFAULT)
    }
}

impl<const DEFAULT: i64> Limit<DEFAULT> {
    /// The limit, at least 1; the store knows the most.
    const fn get(self) -> i64 {
        if self.0 < 1 { 1 } else { self.0 }
    }
}
