//! How PostgreSQL plans the lists with conditions that may be absent (`$1 is null or …`). Only a plan
//! for the very values finds the index; after five runs PostgreSQL may prefer one plan for all
//! values, which with a limit looks cheap and reads whole tables. Planning anew costs less than a
//! millisecond, so it is asked for where it is needed and nowhere else.

use sqlx::postgres::PgConnection;

use crate::StoreError;

/// From now on this connection plans each statement for its values, or as PostgreSQL likes.
pub(crate) async fn for_values(
    connection: &mut PgConnection,
    always: bool,
) -> Result<(), StoreError> {
    let mode = if always { "force_custom_plan" } else { "auto" };
    sqlx::query!("select set_config('plan_cache_mode', $1, false)", mode)
        .fetch_one(connection)
        .await?;
    Ok(())
}
