//! Every environment variable Aloft reads, in one place.

use std::path::PathBuf;

/// The workspace folder when `--workspace` is not given.
pub const ALOFT_WORKSPACE: &str = "ALOFT_WORKSPACE";
/// The `aloft` program that runs jobs; by default the one beside this program.
pub const ALOFT_PROGRAM: &str = "ALOFT_PROGRAM";
/// The folder of fonts, sample data and theme; by default found beside the program.
pub const ALOFT_ASSETS: &str = "ALOFT_ASSETS";
/// How many threads a training job may use; by default one per physical core.
pub const ALOFT_THREADS: &str = "ALOFT_THREADS";
/// The token that an endpoint without a workspace asks for, as in a container.
pub const ALOFT_TOKEN: &str = "ALOFT_TOKEN";
/// Set to `1` to switch motion off in the window, as tests do.
pub const ALOFT_REDUCED_MOTION: &str = "ALOFT_REDUCED_MOTION";
/// The server to speak S3 to instead of Amazon's, for the default sign-in.
pub const AWS_ENDPOINT_URL_S3: &str = "AWS_ENDPOINT_URL_S3";
/// The server that hands out the keys of roles instead of Amazon's.
pub const AWS_ENDPOINT_URL_STS: &str = "AWS_ENDPOINT_URL_STS";
/// The server that gives out codes of IAM Identity Center instead of Amazon's.
pub const AWS_ENDPOINT_URL_SSO_OIDC: &str = "AWS_ENDPOINT_URL_SSO_OIDC";
/// The access portal of IAM Identity Center instead of Amazon's.
pub const AWS_ENDPOINT_URL_SSO: &str = "AWS_ENDPOINT_URL_SSO";
/// As any of them, where it is not set.
pub const AWS_ENDPOINT_URL: &str = "AWS_ENDPOINT_URL";
/// The region of AWS, where a connection names none.
pub const AWS_REGION: &str = "AWS_REGION";
/// As [`AWS_REGION`], where that is not set.
pub const AWS_DEFAULT_REGION: &str = "AWS_DEFAULT_REGION";
/// The profile of AWS in use, where a connection names none.
pub const AWS_PROFILE: &str = "AWS_PROFILE";
/// The file of profiles; by default `~/.aws/config`.
pub const AWS_CONFIG_FILE: &str = "AWS_CONFIG_FILE";
/// The file of keys of profiles; by default `~/.aws/credentials`. Their keys, and `AWS_ACCESS_KEY_ID` and
/// what else AWS's own tools know, are read by AWS's own crate.
pub const AWS_SHARED_CREDENTIALS_FILE: &str = "AWS_SHARED_CREDENTIALS_FILE";
/// The storage account of Azure, where no connection names one.
pub const AZURE_STORAGE_ACCOUNT: &str = "AZURE_STORAGE_ACCOUNT";
/// As [`AZURE_STORAGE_ACCOUNT`], in the words of other tools.
pub const AZURE_STORAGE_ACCOUNT_NAME: &str = "AZURE_STORAGE_ACCOUNT_NAME";
/// The key of the storage account.
pub const AZURE_STORAGE_KEY: &str = "AZURE_STORAGE_KEY";
/// As [`AZURE_STORAGE_KEY`], in the words of other tools.
pub const AZURE_STORAGE_ACCOUNT_KEY: &str = "AZURE_STORAGE_ACCOUNT_KEY";
/// A shared access signature for the storage account.
pub const AZURE_STORAGE_SAS_TOKEN: &str = "AZURE_STORAGE_SAS_TOKEN";
/// Account, key and server of Azure in one.
pub const AZURE_STORAGE_CONNECTION_STRING: &str = "AZURE_STORAGE_CONNECTION_STRING";
/// A server that imitates Google Cloud Storage, for the default sign-in.
pub const STORAGE_EMULATOR_HOST: &str = "STORAGE_EMULATOR_HOST";
/// The project whose buckets Google Cloud Storage lists, where the connection names none.
pub const GOOGLE_CLOUD_PROJECT: &str = "GOOGLE_CLOUD_PROJECT";
/// Where Vertex AI asks a container for predictions; set by Vertex AI.
pub const AIP_PREDICT_ROUTE: &str = "AIP_PREDICT_ROUTE";
/// Where Vertex AI asks a container whether it is healthy; set by Vertex AI.
pub const AIP_HEALTH_ROUTE: &str = "AIP_HEALTH_ROUTE";
/// The port at which Vertex AI asks a container; set by Vertex AI.
pub const AIP_HTTP_PORT: &str = "AIP_HTTP_PORT";

/// The value of a variable as a path, when it is set and not empty.
pub fn path(name: &str) -> Option<PathBuf> {
    std::env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

/// The value of a variable as text, when it is set and not empty.
pub fn text(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The value of a variable as a number, when it is set and is one.
pub fn number(name: &str) -> Option<usize> {
    std::env::var(name).ok()?.trim().parse().ok()
}

/// The folder where the workspace lives when nothing else was said:
/// `$ALOFT_WORKSPACE`, else `aloft` in the platform's data folder.
pub fn default_workspace() -> PathBuf {
    if let Some(path) = path(ALOFT_WORKSPACE) {
        return path;
    }
    let home = path("HOME")
        .or_else(|| path("USERPROFILE"))
        .unwrap_or_else(|| PathBuf::from("."));
    if cfg!(target_os = "macos") {
        home.join("Library/Application Support/aloft")
    } else if cfg!(windows) {
        path("LOCALAPPDATA").unwrap_or(home).join("aloft")
    } else {
        path("XDG_DATA_HOME")
            .unwrap_or_else(|| home.join(".local/share"))
            .join("aloft")
    }
}
