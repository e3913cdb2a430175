//! TOML to rules, policies and theme.
