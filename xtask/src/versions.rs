//! The foreign programs that the tests run against, each with its version: the one place to change them.

/// The Node that OpenClaw runs on. It needs 24; what a system offers is often older.
pub(crate) const NODE: &str = "24.21.0";

/// The newest OpenClaw that lmsync was tried with.
pub(crate) const OPENCLAW_NEW: &str = "2026.9.6";

/// The oldest OpenClaw that lmsync supports.
pub(crate) const OPENCLAW_OLD: &str = "2026.2.12";

/// One OpenClaw for each way in which those between the oldest and the newest differ.
pub(crate) const OPENCLAW_BETWEEN: [&str; 3] = ["2026.5.7", "2026.7.1", "2026.8.1"];

/// OpenClaw versions whose way with plugins differs: what an installation asks for, and when a service is started.
pub(crate) const OPENCLAW_PLUGINS_BETWEEN: [&str; 3] = ["2026.4.15", "2026.6.6", "2026.8.2"];

/// An early Node that the npm package's command runs on.
pub(crate) const NODE_20: &str = "20.20.2";

/// A registry of npm packages for this machine alone (npm `verdaccio`).
pub(crate) const VERDACCIO: &str = "6.10.4";

/// What verdaccio asks for by a tag that not every registry has.
pub(crate) const NODE_FETCH: &str = "2.7.0";

/// The validator that brings Kubernetes' published schemas (PyPI `kubernetes-validate`).
pub(crate) const KUBERNETES_VALIDATE: &str = "1.37.0";

/// A third-party OpenAI-compatible server (npm `@copilotkit/aimock`).
pub(crate) const AIMOCK: &str = "1.43.0";

/// What drives a browser (npm `playwright-core`).
pub(crate) const PLAYWRIGHT: &str = "1.65.1";

/// The accessibility checker (npm `axe-core`).
pub(crate) const AXE: &str = "4.14.1";

/// What checks the form of documents (npm `markdownlint-cli2`).
pub(crate) const MARKDOWNLINT: &str = "0.24.1";

/// Its rule for links between documents (npm `markdownlint-rule-relative-links`).
pub(crate) const MARKDOWN_LINKS: &str = "5.1.2";

/// What checks the spelling of documents (npm `cspell`).
pub(crate) const CSPELL: &str = "10.4.1";

/// The registry's own build of a library that early OpenClaw versions otherwise clone from a git host.
pub(crate) const LIBSIGNAL: &str = "6.0.0";

/// What parses PowerShell where there is none: a parser (npm `web-tree-sitter`), and its grammar (npm
/// `tree-sitter-powershell`).
pub(crate) const TREE_SITTER: &str = "0.27.2";
pub(crate) const POWERSHELL_GRAMMAR: &str = "0.26.4";
