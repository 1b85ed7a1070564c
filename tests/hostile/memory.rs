//! One daemon against every answer: what is known stays, memory is bounded, one line is logged, the next pass comes.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::hostile::answers::{Fate, Scenario, all};
use crate::hostile::server::{Act, Hostile, answer, list};
use crate::support::PATIENCE;
use crate::support::figure;
use crate::support::lmsync::lmsync;
use crate::support::running::Running;
use crate::support::world::World;

/// What a daemon may take at most while it refuses an answer, in KiB.
const REFUSED_KIB: u64 = 32 << 10;

/// What a daemon may take at most for the longest list, in KiB.
const LONGEST_KIB: u64 = 352 << 10;

/// How many times an answer's size it may take that it accepts.
const TIMES: u64 = 5;

fn daemon(world: &World, base: &str, interval: &str) -> Running {
    let mut command = lmsync(world, base);
    command.args(["run", "--interval", interval, "--timeout", "1s", "--refresh", "off"]);
    command.args(["--busy-sources", "none", "--log-format", "json"]).env("LMSYNC_LISTEN", "off");
    Running::start(&mut command)
}

/// The most memory that a process has had since [`forget_peak`], in KiB.
fn peak(daemon: &Running) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", daemon.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse().unwrap()
}

fn forget_peak(daemon: &Running) {
    fs::write(format!("/proc/{}/clear_refs", daemon.id()), "5").unwrap();
}

/// The warnings so far.
fn warnings(daemon: &Running) -> Vec<String> {
    let transcript = daemon.transcript();
    transcript.lines().filter(|line| line.contains(r#""level":"WARN""#)).map(str::to_owned).collect()
}

#[tokio::test]
async fn whatever_is_answered_what_is_known_stays_and_nothing_grows() {
    let world = World::new();
    let server = Hostile::start(|_| list(&["good"])).await;
    let mut daemon = daemon(&world, &server.base(), "100ms");
    daemon.wait_for_line("lmstudio models refreshed", PATIENCE).await;
    let good = fs::read(world.models_json()).unwrap();
    let (mut most_refused, mut most_listed) = ((0, ""), (0, ""));
    let mut broken = Vec::new();
    let scenarios = all();
    let count = scenarios.len();
    for Scenario { name, acts, fate } in scenarios {
        forget_peak(&daemon);
        let (asked, warned) = (server.asked(), warnings(&daemon).len());
        let size: usize = acts.iter().map(|act| if let Act::Say(bytes) = act { bytes.len() } else { 0 }).sum();
        server.set(move |head| if head.contains(" /v1/models ") { acts.clone() } else { answer("404 No", "{}") });
        if matches!(fate, Fate::Refused(_)) {
            daemon.wait_for_line("does not list its models", PATIENCE).await;
        }
        // The next passes come all the same: at least one of them from end to end with this answer.
        let asked = server.asked().max(asked);
        for more in 0..3 {
            server.asked_after(asked + more).await;
        }
        let kib = peak(&daemon);
        server.set(|_| list(&["good"]));
        let (told, allowed, most) = match fate {
            Fate::Refused(told) => {
                daemon.wait_for_line("lmstudio answers again", PATIENCE).await;
                (Some(told), REFUSED_KIB, &mut most_refused)
            }
            Fate::Listed => (None, REFUSED_KIB.max(TIMES * size as u64 / 1024), &mut most_listed),
        };
        *most = (*most).max((kib, name));
        let warnings = warnings(&daemon).split_off(warned);
        let lines: Vec<_> = warnings.iter().filter(|line| line.contains("does not list its models")).collect();
        let one_line = lines.len() == usize::from(told.is_some())
            // The log names an entry that is left out, once.
            && warnings.len() <= 2
            && lines.iter().all(|line| line.len() < 1500 && line.contains(told.unwrap_or_default()));
        let stays = fs::read(world.models_json()).unwrap() == good;
        if kib >= allowed || !one_line || !stays {
            broken.push(format!("{name}: {kib} KiB for {size} bytes, file stays: {stays}, {warnings:#?}"));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    figure(
        &format!("peak memory over {count} answers, refused"),
        format_args!("{} KiB ({})", most_refused.0, most_refused.1),
        "< 32768 KiB",
    );
    figure("the same, accepted", format_args!("{} KiB ({})", most_listed.0, most_listed.1), "< 5 times its size");
}

/// A hundred entries as OpenRouter has them, of which one without the number says nothing.
fn hundred(number: usize) -> Vec<u8> {
    let description = "A large mixture-of-experts model, tuned for \\\"tool use\\\" and [long] documents. ".repeat(17);
    let entry = |n| {
        format!(
            r#"{{"id":"vendor-{}/model-{n:06}-instruct:free","canonical_slug":"vendor/model-{n}","name":"Vendor: Model {n}",
            "created":1700000000,"description":"{description}","context_length":131072,"architecture":{{"modality":
            "text+image->text","input_modalities":["text","image"],"output_modalities":["text"],"tokenizer":"Qwen"}},
            "pricing":{{"prompt":"0.0000005","completion":"0.000002","request":"0","input_cache_read":"0.00000012"}},
            "top_provider":{{"context_length":131072,"max_completion_tokens":32768,"is_moderated":false}},
            "supported_parameters":["include_reasoning","logit_bias","max_tokens","min_p","presence_penalty","reasoning",
            "repetition_penalty","response_format","seed","stop","temperature","tool_choice","tools","top_k"]}}"#,
            n % 97
        )
    };
    let comma = if number == 0 { "" } else { "," };
    let entries: Vec<String> = (number * 100..(number + 1) * 100).map(entry).collect();
    format!("{comma}{}", entries.join(",")).into_bytes()
}

#[tokio::test]
async fn the_longest_list_is_kept_within_bounds() {
    let list = |hundreds| {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n{\"data\":[";
        vec![Act::Say(head.into()), Act::Each(hundreds, hundred), Act::Say("]}".into())]
    };
    let play = move |hundreds| {
        move |head: &str| if head.contains(" /v1/models ") { list(hundreds) } else { answer("404 No", "{}") }
    };
    let world = World::new();
    let server = Hostile::start(play(1000)).await;
    let mut command = lmsync(&world, &server.base());
    command.args(["run", "--interval", "1s", "--timeout", "60s", "--refresh", "off", "--busy-sources", "none"]);
    let mut daemon = Running::start(command.env("LMSYNC_LISTEN", "127.0.0.1:0"));
    daemon.wait_for_line("lmstudio models refreshed", PATIENCE).await;
    let (written, asked) = (peak(&daemon), server.asked());
    let file = fs::metadata(world.models_json()).unwrap().len();
    server.asked_after(asked + 1).await;
    let unchanged = peak(&daemon);
    // Ten thousand fewer: all of the file is written again.
    server.set(play(900));
    daemon.wait_for_line("lmstudio models refreshed", PATIENCE).await;
    let changed = peak(&daemon);
    let figures = format_args!("{written}, {unchanged} and {changed} KiB").to_string();
    let answer = hundred(1).len() as u64 * 1000;
    figure(
        &format!("peak memory with 100,000 models ({answer} bytes): first written ({file} bytes), unchanged, changed"),
        &figures,
        &format!("< {LONGEST_KIB} KiB"),
    );
    assert!(answer > 200_000_000 && changed < LONGEST_KIB, "{figures}");
}

#[tokio::test]
async fn an_answer_reset_at_any_byte_leaves_what_is_known() {
    let world = World::new();
    let server = Hostile::start(|_| list(&["good", "other"])).await;
    let mut daemon = daemon(&world, &server.base(), "50ms");
    daemon.wait_for_line("lmstudio models refreshed", PATIENCE).await;
    let good = fs::read(world.models_json()).unwrap();
    let [Act::Say(whole)] = &list(&["good", "other", "evil"])[..] else { unreachable!() };
    let (whole, cuts) = (whole.clone(), whole.len());
    let (asked, cut) = (server.asked(), AtomicUsize::new(0));
    server.set(move |_| {
        let cut = cut.fetch_add(1, Ordering::Relaxed) % cuts;
        vec![Act::Say(whole[..cut].to_vec()), Act::Reset]
    });
    server.asked_after(asked + cuts + 1).await;
    assert_eq!(fs::read(world.models_json()).unwrap(), good);
    server.set(|_| list(&["good", "other"]));
    daemon.wait_for_line("lmstudio answers again", PATIENCE).await;
    assert_eq!(fs::read(world.models_json()).unwrap(), good);
    assert!(warnings(&daemon).len() <= 2, "{:?}", warnings(&daemon));
}

#[tokio::test]
async fn a_server_that_lists_other_models_each_time_makes_nothing_grow() {
    let world = World::new();
    let round = AtomicUsize::new(0);
    let server = Hostile::start(move |_| {
        let round = round.fetch_add(1, Ordering::Relaxed);
        let ids: Vec<String> = (0..50).map(|n| format!("{round}-{n}-{}", "x".repeat(200))).collect();
        list(&ids.iter().map(String::as_str).collect::<Vec<_>>())
    })
    .await;
    let mut command = lmsync(&world, &server.base());
    // No picker is there, so all changes wait for one; the hook is slower than the changes.
    command.args(["run", "--interval", "50ms", "--on-change", "sleep 1", "--busy-sources", "none"]);
    command.env("OPENCLAW_GATEWAY_PORT", "9").env("LMSYNC_LISTEN", "off").env("LMSYNC_LOG_FORMAT", "json");
    let daemon = Running::start(&mut command);
    let rss = |after: usize| {
        let (server, daemon) = (&server, &daemon);
        async move {
            server.asked_after(after).await;
            forget_peak(daemon);
            server.asked_after(after + 10).await;
            peak(daemon)
        }
    };
    // What is no longer listed stays for two seconds, in which there are some forty lists, and of a picker that is
    // away ten thousand ids are remembered, which is two hundred lists. Memory was seen to level off between 240 and
    // 480 lists, and later on a machine that is busy with other things.
    let early = rss(960).await;
    let late = rss(1440).await;
    figure(
        "peak memory at 960 and at 1,440 lists of 50 new ids of 200 characters",
        format_args!("{early} and {late} KiB"),
        "flat",
    );
    assert!(late < early + (8 << 10), "{early} and {late} KiB");
    let longest = daemon.transcript().lines().map(str::len).max().unwrap();
    assert!(longest < 16 << 10, "a line of {longest} bytes");
}
