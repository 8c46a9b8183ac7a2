//! `/api/v1/products`: filed products; a producer's staff see their own.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use store::product;
use utoipa::ToSchema;

use crate::caller::Caller;
use crate::problem::Answer;
use crate::state::AppState;

/// A filed product.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Product {
    id: i64,
    /// Whose it is.
    producer_id: i64,
    /// GTIN-14.
    gtin: String,
    /// Name, Chinese.
    name: String,
    /// Name for English pages.
    name_en: String,
    /// Kind in the county's plan.
    category: String,
    /// Variety.
    variety: String,
    /// Pack and grade as sold.
    specification: String,
    /// Unit of lot quantities, UN/ECE Rec 20.
    unit: String,
    /// Days it keeps.
    shelf_life_days: i32,
    /// `promise`, `sc` or `workshop`.
    regime: String,
    /// Season, in words.
    season: String,
}

/// A list of products.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Products {
    /// By name.
    products: Vec<Product>,
}

/// Lists products.
#[utoipa::path(
    get, path = "/api/v1/products", tag = "register", security(("token" = [])),
    responses((status = 200, body = Products))
)]
pub(crate) async fn list(State(state): State<AppState>, caller: Caller) -> Answer<Json<Products>> {
    let mut connection = state.store().acquire().await?;
    let rows = product::list(&mut connection, caller.scope().producer()).await?;
    Ok(Json(Products {
        products: rows.into_iter().map(Product::from).collect(),
    }))
}

impl From<product::Product> for Product {
    fn from(row: product::Product) -> Self {
        Self {
            id: row.id,
            producer_id: row.producer_id,
            gtin: row.gtin,
            name: row.name,
            name_en: row.name_en,
            category: row.category,
            variety: row.variety,
            specification: row.specification,
            unit: row.unit,
            shelf_life_days: row.shelf_life_days,
            regime: row.regime,
            season: row.season,
        }
    }
}
