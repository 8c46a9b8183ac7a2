//! Signing in, sessions, tokens, accounts, and what is kept about who did what.

use axum::http::Method;

use super::Rule;
use crate::authority::Action;

pub(super) const RULES: &[Rule] = &[
    (Method::POST, "/api/v1/sessions", Action::SignIn),
    (Method::GET, "/api/v1/sessions", Action::ManageSessions),
    (
        Method::DELETE,
        "/api/v1/sessions/{id}",
        Action::ManageSessions,
    ),
    (Method::POST, "/api/v1/tokens", Action::ManageSessions),
    (Method::DELETE, "/api/v1/sessions/current", Action::SignOut),
    (Method::GET, "/api/v1/audit", Action::ReadAudit),
    (Method::GET, "/api/v1/messages", Action::ReadMessages),
    (Method::GET, "/api/v1/accounts", Action::ManageAccounts),
    (Method::POST, "/api/v1/accounts", Action::ManageAccounts),
    (
        Method::POST,
        "/api/v1/accounts/{id}/disable",
        Action::ManageAccounts,
    ),
    (
        Method::POST,
        "/api/v1/accounts/{id}/enable",
        Action::ManageAccounts,
    ),
    (
        Method::DELETE,
        "/api/v1/accounts/{id}/sessions",
        Action::ManageAccounts,
    ),
    (
        Method::PUT,
        "/api/v1/accounts/{id}/identity",
        Action::ManageAccounts,
    ),
    (
        Method::POST,
        "/api/v1/accounts/{id}/password",
        Action::ManageAccounts,
    ),
    (Method::PUT, "/api/v1/password", Action::ChangePassword),
    (Method::GET, "/login", Action::SignIn),
    (Method::POST, "/login", Action::SignIn),
    (Method::GET, "/login/oidc", Action::SignIn),
    (Method::GET, "/login/oidc/callback", Action::SignIn),
    (Method::POST, "/logout", Action::SignOut),
    (Method::GET, "/welcome", Action::SignIn),
    (Method::POST, "/welcome", Action::SignIn),
    (Method::GET, "/account", Action::ManageSessions),
    (Method::POST, "/account/password", Action::ChangePassword),
    (
        Method::POST,
        "/account/sessions/{id}/end",
        Action::ManageSessions,
    ),
    (Method::POST, "/account/tokens", Action::ManageSessions),
];
