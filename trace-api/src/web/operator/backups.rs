//! `/operator/backups`: the newest backup, making one, and the commands for this machine.

use std::path::Path;

use axum::extract::State;
use axum::response::Response;
use store::backup;

use crate::page::operator::backup::{BackupsView, Running, page, state as state_page};
use crate::problem::{Answer, Kind, Problem};
use crate::state::{AppState, timestamp};
use crate::upkeep::{Step, Upkeep};
use crate::web::{Here, see_other};

/// A folder for backups in the examples, where this server has none.
const ELSEWHERE: &str = "/backup";

/// Shows backups.
pub(super) async fn show(State(state): State<AppState>, here: Here) -> Answer<Response> {
    let view = view(&state).await?;
    here.answer(page(&here.site, &view))
}

/// The newest backup and the one that is being made, for the page that is open.
pub(super) async fn state(State(state): State<AppState>, here: Here) -> Answer<Response> {
    let view = view(&state).await?;
    here.answer(state_page(&here.site, &view))
}

/// Asks for a backup; while one is being made nothing changes.
pub(super) async fn make(State(state): State<AppState>) -> Answer<Response> {
    let Some(backups) = &state.setup().upkeep.backups else {
        let en = "this process does not hold the data: use the command below";
        let zh = "本进程不保存数据，请使用下面的命令";
        return Err(Problem::told(Kind::RuleBroken, en, zh));
    };
    let word = if backups.ask(state.now()) {
        "backup"
    } else {
        "backup-running"
    };
    Ok(see_other("/operator/backups", word))
}

async fn view(state: &AppState) -> Answer<BackupsView> {
    let upkeep = &state.setup().upkeep;
    let mut connection = state.store().acquire().await?;
    let last = backup::last(&mut connection).await?;
    let failed = backup::last_failure(&mut connection).await?;
    drop(connection);
    let made_at = last.as_ref().map(|made| made.made_at);
    let failed = failed.filter(|failed| made_at.is_none_or(|at| failed.begun_at > at));
    let mut files = Vec::new();
    if let Some(backups) = upkeep.backups.clone() {
        let listed = tokio::task::spawn_blocking(move || backups.files()).await;
        files = listed.unwrap_or_default();
    }
    let backups = upkeep.backups.as_ref();
    Ok(BackupsView {
        commands: commands(upkeep, last.as_ref().map(|made| made.file.as_str())),
        last: last.map(|made| (timestamp(made.made_at), made.file, made.bytes)),
        failed: failed.map(|failed| (timestamp(failed.begun_at), failed.reason)),
        running: backups.and_then(|backups| backups.running()).map(running),
        folder: backups.map(|backups| backups.folder().display().to_string()),
        files: files.into_iter().map(|one| (one.name, one.bytes)).collect(),
    })
}

fn running((since, step): (time::OffsetDateTime, Step)) -> Running {
    Running {
        since: timestamp(since),
        database: matches!(step, Step::Waiting | Step::Database),
        pictures: match step {
            Step::Pictures(seen) => seen,
            Step::Waiting | Step::Database => 0,
        },
    }
}

/// What to type on this machine: make one, look at one, put one back.
fn commands(upkeep: &Upkeep, file: Option<&str>) -> [String; 3] {
    let (program, data) = (quoted(&upkeep.program), quoted(&upkeep.data));
    let folder = upkeep.backups.as_ref().map(|backups| backups.folder());
    let folder = folder.unwrap_or(Path::new(ELSEWHERE));
    let file = quoted(&folder.join(file.unwrap_or("suyuan-….backup.zip")));
    let mut fresh = upkeep.data.clone().into_os_string();
    fresh.push("-restored");
    [
        format!("{program} backup --data {data} --to {ELSEWHERE} --keep 14"),
        format!("{program} restore {file} --check"),
        format!(
            "{program} restore {file} --data {}",
            quoted(Path::new(&fresh))
        ),
    ]
}

/// A path as a shell takes it for one word.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-:…".contains(c);
    if text.chars().all(plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word_of_the_shell() {
        assert_eq!(quoted(Path::new("/var/lib/suyuan")), "/var/lib/suyuan");
        assert_eq!(quoted(Path::new("/a b/it's")), r"'/a b/it'\''s'");
    }

    #[test]
    fn the_commands_name_this_machines_own_paths() {
        let upkeep = Upkeep {
            program: "/usr/bin/suyuan".into(),
            data: "/srv/county data".into(),
            ..Upkeep::default()
        };
        let [make, check, restore] = commands(&upkeep, Some("a.backup.zip"));
        assert_eq!(
            make,
            "/usr/bin/suyuan backup --data '/srv/county data' --to /backup --keep 14"
        );
        assert_eq!(
            check,
            "/usr/bin/suyuan restore /backup/a.backup.zip --check"
        );
        assert!(
            restore.ends_with("--data '/srv/county data-restored'"),
            "{restore}"
        );
    }
}
