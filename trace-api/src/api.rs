//! The JSON API and the head of its contract.

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;

use crate::state::AppState;

pub(crate) mod contract;
pub(crate) mod v1;

/// Title, version and how to sign in.
pub(crate) fn head() -> OpenApi {
    let about = "Traceability, quality control and field monitoring for a farming county. \
                 Sign in with POST /api/v1/sessions and send the token as `Authorization: Bearer`. \
                 Refusals are problem details (RFC 9457); /docs/problems describes each `type`. \
                 Times are RFC 3339; days belong to China standard time.";
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    let components = ComponentsBuilder::new()
        .security_scheme("token", SecurityScheme::Http(bearer))
        .build();
    let info = InfoBuilder::new()
        .title("Suyuan")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(about));
    OpenApiBuilder::new()
        .info(info.build())
        .components(Some(components))
        .build()
}

/// Every route below `/api`.
pub(crate) fn router() -> OpenApiRouter<AppState> {
    v1::router()
}
