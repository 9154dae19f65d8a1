//! The profiles of AWS's own tools on this machine, for a person to choose from, and their settings.
//! Keys are never read here: the sign-in itself does that.

use std::collections::BTreeMap;

use aloft_base::env;

/// A profile of `~/.aws/config` or `~/.aws/credentials`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    pub name: String,
    pub region: Option<String>,
    pub kind: ProfileKind,
}

/// How a profile signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileKind {
    Keys,
    Role,
    IdentityCenter,
    Process,
    /// A role taken with a token of another service.
    WebIdentity,
    /// It holds settings only.
    Other,
}

impl ProfileKind {
    /// The way as a person reads it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Keys => "Access keys",
            Self::Role => "Role",
            Self::IdentityCenter => "IAM Identity Center",
            Self::Process => "Program",
            Self::WebIdentity => "Web identity",
            Self::Other => "Settings only",
        }
    }
}

type Settings = BTreeMap<String, String>;

/// The profiles on this machine, the default one first. Files that are not there hold none.
pub fn profiles() -> Vec<Profile> {
    let mut found: Vec<Profile> = all()
        .into_iter()
        .map(|(name, settings)| Profile {
            region: settings.get("region").filter(|region| !region.is_empty()).cloned(),
            kind: kind(&settings),
            name,
        })
        .collect();
    found.sort_by(|a, b| (a.name != "default", &a.name).cmp(&(b.name != "default", &b.name)));
    found
}

/// A setting of a profile; of the one in use when none is named.
pub(crate) fn profile_setting(profile: Option<&str>, setting: &str) -> Option<String> {
    let name = match profile {
        Some(name) => name.to_owned(),
        None => env::text(env::AWS_PROFILE).unwrap_or_else(|| "default".to_owned()),
    };
    all().remove(&name)?.remove(setting).filter(|value| !value.is_empty())
}

/// The region that AWS's own tools would take: a named profile's, else the environment's, else that of the
/// profile in use.
pub(crate) fn default_region(profile: Option<&str>) -> Option<String> {
    let environment = || env::text(env::AWS_REGION).or_else(|| env::text(env::AWS_DEFAULT_REGION));
    match profile {
        Some(_) => profile_setting(profile, "region").or_else(environment),
        None => environment().or_else(|| profile_setting(None, "region")),
    }
}

/// Every profile with what both files say of it.
fn all() -> BTreeMap<String, Settings> {
    let read = |variable: &str, file: &str| {
        let path = match env::path(variable) {
            Some(path) => path,
            None => std::env::home_dir()?.join(".aws").join(file),
        };
        std::fs::read_to_string(path).ok()
    };
    let mut profiles = BTreeMap::new();
    if let Some(text) = read(env::AWS_CONFIG_FILE, "config") {
        add(&mut profiles, &text, true);
    }
    if let Some(text) = read(env::AWS_SHARED_CREDENTIALS_FILE, "credentials") {
        add(&mut profiles, &text, false);
    }
    profiles
}

/// Adds what one file says. In the configuration file sections are named `profile NAME`, but for the default one.
fn add(profiles: &mut BTreeMap<String, Settings>, text: &str, is_config: bool) {
    let mut current: Option<String> = None;
    for line in text.lines() {
        let is_nested = line.starts_with([' ', '\t']);
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(section) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            let section = section.trim();
            current = match section
                .strip_prefix("profile")
                .filter(|rest| rest.starts_with([' ', '\t']))
            {
                Some(name) if is_config => Some(name.trim().trim_matches('"').to_owned()),
                _ if is_config && section != "default" => None,
                _ => Some(section.to_owned()),
            };
            if let Some(name) = &current {
                profiles.entry(name.clone()).or_default();
            }
            continue;
        }
        // Nested settings belong to a service; none of them matters here.
        if let (false, Some(name), Some((key, value))) = (is_nested, &current, line.split_once('=')) {
            let value = value.split(" #").next().unwrap_or_default().trim();
            profiles
                .entry(name.clone())
                .or_default()
                .insert(key.trim().to_ascii_lowercase(), value.to_owned());
        }
    }
}

fn kind(settings: &Settings) -> ProfileKind {
    let has = |key: &str| settings.get(key).is_some_and(|value| !value.is_empty());
    if has("web_identity_token_file") {
        ProfileKind::WebIdentity
    } else if has("role_arn") {
        ProfileKind::Role
    } else if has("sso_session") || has("sso_start_url") {
        ProfileKind::IdentityCenter
    } else if has("credential_process") {
        ProfileKind::Process
    } else if has("aws_access_key_id") {
        ProfileKind::Keys
    } else {
        ProfileKind::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_files_are_read() {
        let mut profiles = BTreeMap::new();
        let config = "\
[default]
region = eu-central-1
s3 =
    max_concurrent_requests = 20
[profile lab]
role_arn = arn:aws:iam::123456789012:role/lab
source_profile = default
[profile work]
sso_session = corp   # signed in by 'aws sso login'
region=us-west-2
[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
[profile tool]
credential_process = /usr/bin/keys
";
        add(&mut profiles, config, true);
        add(
            &mut profiles,
            "[default]\naws_access_key_id = A\n[old]\naws_access_key_id=B\n",
            false,
        );
        let kinds: Vec<(&str, ProfileKind)> = profiles
            .iter()
            .map(|(name, settings)| (name.as_str(), kind(settings)))
            .collect();
        assert_eq!(
            kinds,
            [
                ("default", ProfileKind::Keys),
                ("lab", ProfileKind::Role),
                ("old", ProfileKind::Keys),
                ("tool", ProfileKind::Process),
                ("work", ProfileKind::IdentityCenter),
            ]
        );
        assert_eq!(profiles["work"]["sso_session"], "corp");
        assert_eq!(profiles["default"]["region"], "eu-central-1");
    }
}
