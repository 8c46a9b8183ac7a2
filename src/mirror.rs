//! `suyuan mirror`: a signed static copy of the pages of lots on sale, once or kept current; and the
//! flags by which `up` and `serve` keep one beside their work.

use std::time::Duration;

use anyhow::Context;
use store::place::Location;
use store::setting;
use tokio_util::sync::CancellationToken;
use trace_api::mirror::{self, Options};
use trace_api::upkeep::Upkeep;

use crate::database::DataArgs;
use crate::parts::{self, Face};
use crate::pictures::PictureArgs;
use crate::signing::SigningArgs;
use crate::system::System;
use crate::{clock, log};

/// A copy's pages are drawn anew at least this often, changed or not.
const REFRESH: Duration = Duration::from_hours(24);

/// Flags about a mirror that a server keeps.
#[derive(Debug, Clone, clap::Args)]
pub struct MirrorArgs {
    /// Keep a signed static copy of the pages of lots on sale here: a folder, or a bucket that
    /// speaks S3 as `s3://bucket/prefix`.
    #[arg(long, env = "SUYUAN_MIRROR", value_name = "PLACE")]
    pub mirror: Option<String>,
    #[command(flatten)]
    pub address: AddressArgs,
}

/// Where a mirror's readers are.
#[derive(Debug, Clone, clap::Args)]
pub struct AddressArgs {
    /// Address under which readers find the mirror; the stem of the printed codes where it is not
    /// given.
    #[arg(long, env = "SUYUAN_MIRROR_URL", value_name = "URL")]
    pub mirror_url: Option<String>,
    /// Address of the live pages that the mirror names; the stem of the printed codes where that
    /// is not the mirror itself, else none.
    #[arg(long, env = "SUYUAN_MIRROR_LIVE_URL", value_name = "URL")]
    pub mirror_live_url: Option<String>,
}

impl AddressArgs {
    fn options(&self, place: &str, public_url: &str) -> anyhow::Result<Options> {
        let bare = |url: &str| url.trim_end_matches('/').to_owned();
        let stem = bare(public_url);
        let url = self
            .mirror_url
            .as_deref()
            .map_or_else(|| stem.clone(), bare);
        let live = self.mirror_live_url.as_deref().map(bare);
        let place = match Location::parse(place).context("the place of the mirror")? {
            // Registered by its full name, wherever the command was started.
            Location::Folder(folder) => Location::Folder(std::path::absolute(folder)?),
            other => other,
        };
        Ok(Options {
            place,
            live: live.or_else(|| (url != stem).then_some(stem)),
            url,
            refresh: REFRESH,
            all: false,
        })
    }
}

impl MirrorArgs {
    /// What to keep, if anything.
    pub fn options(&self, public_url: &str) -> anyhow::Result<Option<Options>> {
        let place = self.mirror.as_deref();
        place
            .map(|place| self.address.options(place, public_url))
            .transpose()
    }
}

/// What is done at the place.
#[derive(Debug, clap::Args)]
struct How {
    /// Keep it current until a signal comes, instead of ending when nothing waits.
    #[arg(long)]
    watch: bool,
    /// Write everything anew, for example after files were removed by hand.
    #[arg(long)]
    all: bool,
    /// Forget the mirror: nothing is noted for it any more. Its files stay.
    #[arg(long, conflicts_with_all = ["watch", "all"])]
    forget: bool,
}

/// Flags of `mirror`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where the files go: a folder, or a bucket that speaks S3 as `s3://bucket/prefix` (endpoint
    /// and keys from `AWS_ENDPOINT_URL`, `AWS_REGION`, `AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY`; `AWS_ALLOW_HTTP=true` for one without TLS).
    #[arg(long, value_name = "PLACE", required_unless_present = "key")]
    to: Option<String>,
    #[command(flatten)]
    how: How,
    /// Print the public key that copies are checked with, and do nothing else.
    #[arg(long)]
    key: bool,
    /// Stem of the printed codes.
    #[arg(
        long,
        env = "SUYUAN_PUBLIC_URL",
        value_name = "URL",
        default_value = "http://127.0.0.1:8080"
    )]
    public_url: String,
    #[command(flatten)]
    address: AddressArgs,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    pictures: PictureArgs,
    #[command(flatten)]
    signing: SigningArgs,
}

/// Does what was asked for.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let signer = args.signing.open(&args.data.data, &args.public_url)?;
    let Some(place) = args.to.as_deref().filter(|_| !args.key) else {
        log::say(&signer.verifier().to_string());
        return Ok(());
    };
    let mut options = args.address.options(place, &args.public_url)?;
    options.all = args.how.all;
    let database = args.data.open_beside().await?;
    let store = database.store;
    if args.how.forget {
        let mut connection = store.acquire().await?;
        let place = options.place.to_string();
        let known = store::mirror::forget(&mut connection, &place).await?;
        let done = if known { "forgotten" } else { "not known" };
        log::say(&format!("{place} is {done}"));
        drop(connection);
        return System::new(store, database.cluster).close().await;
    }
    let is_demo = setting::find(&mut *store.acquire().await?, setting::DEMO)
        .await?
        .is_some();
    let face = Face {
        album: args.pictures.open(&store, &args.data.data)?,
        public_url: args.public_url,
        is_demo,
        signer: Some(signer),
        outline: None,
        oidc: None,
        label_templates: None,
        remind_days: 0,
        upkeep: Upkeep::default(),
    };
    let mut system = System::new(store, database.cluster);
    let state = parts::state(&system, face, None).await?;
    if args.how.watch {
        let stop = system.stop_token();
        system.spawn("mirror", async move {
            Ok(mirror::watch(&state, &options, &stop).await?)
        });
        return system.run(Duration::from_secs(20)).await;
    }
    let begun = clock::now();
    let written = mirror::once(&state, &options).await;
    let took = (clock::now() - begun).as_seconds_f64();
    system.close().await?;
    let lots = written.context("writing the mirror")?;
    log::say(&format!(
        "{lots} lots written to {} in {took:.1} s",
        options.place
    ));
    Ok(())
}

/// Adds the keeping of a mirror to a system.
pub fn add(system: &mut System, state: trace_api::AppState, options: Options) {
    let stop: CancellationToken = system.stop_token();
    system.spawn("mirror", async move {
        Ok(mirror::watch(&state, &options, &stop).await?)
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(url: Option<&str>, live: Option<&str>) -> Options {
        let address = AddressArgs {
            mirror_url: url.map(str::to_owned),
            mirror_live_url: live.map(str::to_owned),
        };
        let options = address.options("s3://county/copy", "https://trace.example.cn/");
        options.expect("a bucket")
    }

    #[test]
    fn the_live_pages_are_named_where_they_are_not_the_mirror_itself() {
        let own = options(None, None);
        assert_eq!(
            (own.url.as_str(), own.live),
            ("https://trace.example.cn", None)
        );
        let apart = options(Some("https://copy.example.cn/a/"), None);
        assert_eq!(apart.url, "https://copy.example.cn/a");
        assert_eq!(apart.live.as_deref(), Some("https://trace.example.cn"));
        let lan = options(None, Some("http://10.0.0.5:8080/"));
        assert_eq!(lan.live.as_deref(), Some("http://10.0.0.5:8080"));
    }
}
