//! Flags of signing in with somebody else's identity service (OpenID Connect).

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use ingest::tls::client_config;
use store::account::Role;
use trace_api::OidcConfig;

/// An identity service that people may sign in with, beside passwords.
#[expect(
    clippy::struct_field_names,
    reason = "a field is spelt like its flag, and every flag of `up` stands in one list"
)]
#[derive(Clone, Args)]
pub struct OidcArgs {
    /// Address of an identity service (OpenID Connect) that people may sign in with; it has to know
    /// `PUBLIC_URL/login/oidc/callback`.
    #[arg(long, env = "SUYUAN_OIDC_ISSUER", value_name = "URL")]
    oidc_issuer: Option<String>,
    /// Our name at that service.
    #[arg(long, env = "SUYUAN_OIDC_CLIENT_ID", value_name = "ID")]
    oidc_client_id: Option<String>,
    /// Our password there; none for a public client.
    #[arg(
        long,
        env = "SUYUAN_OIDC_CLIENT_SECRET",
        value_name = "SECRET",
        hide_env_values = true
    )]
    oidc_client_secret: Option<String>,
    /// What the sign-in page calls that service.
    #[arg(
        long,
        env = "SUYUAN_OIDC_NAME",
        value_name = "NAME",
        default_value = "OpenID Connect"
    )]
    oidc_name: String,
    /// Claim of its token that says what somebody may do; without it every account is linked by
    /// hand.
    #[arg(long, env = "SUYUAN_OIDC_ROLE_CLAIM", value_name = "CLAIM")]
    oidc_role_claim: Option<String>,
    /// Which values of that claim are which role, as `county-lab=lab,watch=supervisor`; the first
    /// that somebody has counts.
    #[arg(
        long,
        env = "SUYUAN_OIDC_ROLES",
        value_name = "VALUE=ROLE",
        default_value = ""
    )]
    oidc_roles: String,
    /// Certificate authorities that may vouch for that service, PEM; this machine's own where no
    /// file is named.
    #[arg(long, env = "SUYUAN_OIDC_CA", value_name = "FILE")]
    oidc_ca: Option<PathBuf>,
}

impl std::fmt::Debug for OidcArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OidcArgs")
            .field("oidc_issuer", &self.oidc_issuer)
            .field("oidc_client_id", &self.oidc_client_id)
            .finish_non_exhaustive()
    }
}

impl OidcArgs {
    /// The service, where one is wanted.
    pub fn service(&self) -> anyhow::Result<Option<OidcConfig>> {
        let Some(issuer) = &self.oidc_issuer else {
            return Ok(None);
        };
        let id = self.oidc_client_id.clone();
        let client_id = id.context("--oidc-issuer needs --oidc-client-id")?;
        let roles = roles(&self.oidc_roles)?;
        if self.oidc_role_claim.is_some() == roles.is_empty() {
            bail!("--oidc-role-claim and --oidc-roles go together");
        }
        Ok(Some(OidcConfig {
            issuer: issuer.clone(),
            client_id,
            client_secret: self.oidc_client_secret.clone(),
            name: self.oidc_name.clone(),
            role_claim: self.oidc_role_claim.clone(),
            roles,
            tls: client_config(self.oidc_ca.as_deref())
                .context("reading the authorities for --oidc-issuer")?,
        }))
    }
}

fn roles(text: &str) -> anyhow::Result<Vec<(String, Role)>> {
    let pairs = text
        .split(',')
        .map(str::trim)
        .filter(|pair| !pair.is_empty());
    let parsed = pairs.map(|pair| {
        let (value, role) = pair
            .rsplit_once('=')
            .with_context(|| format!("{pair} is not VALUE=ROLE"))?;
        let known = Role::from_code(role).filter(|role| *role != Role::Instrument);
        let role = known.with_context(|| format!("there is no role {role}"))?;
        Ok((value.to_owned(), role))
    });
    parsed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_pairs_and_an_unknown_one_is_told() -> anyhow::Result<()> {
        let two = roles("county-lab=lab, watch=supervisor")?;
        assert_eq!(two[1], ("watch".to_owned(), Role::Supervisor));
        assert!(roles("")?.is_empty());
        assert!(roles("x=king").is_err() && roles("x").is_err());
        assert!(roles("device=instrument").is_err());
        Ok(())
    }
}
