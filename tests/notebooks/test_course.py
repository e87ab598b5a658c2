"""Every notebook runs from top to bottom: small, offline, within its box, with sane figures."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import nbformat
import papermill  # type: ignore[import-untyped]
import pytest

from companion import tracking
from companion.learning.course import registered
from companion.notebooks.house import KEPT_OUTPUT
from companion.notebooks.lesson import Lesson, lessons
from companion.notebooks.runner import run
from companion.resources import CHECKOUT

Ranges = dict[str, tuple[float, float]]
LESSONS = {lesson.name: lesson for lesson in lessons(CHECKOUT)}

METRICS: dict[str, Ranges] = {
    "0_start/01_welcome": {
        "turns": (2, 2),
        "cold_first_token_seconds": (0.01, 120),
        "first_token_seconds": (0.001, 5),
        "tokens_per_second": (5, 5000),
    },
    "0_start/02_choose_your_stack": {
        "parts": (100, 300),
        "aged_share": (0.1, 0.6),
        "score_difference": (0, 1e-9),
        "tipping_weight": (10.9, 11.1),
        "weights_that_tip": (1, 6),
        "bill_difference": (0, 0.0101),
        "claims": (15, 60),
        "claims_that_agree": (3, 60),
        "saved_a_year": (-50_000, 500_000),
        "load_difference": (0, 1e-9),
        "gpus_for_100": (1, 3),
        "spot_hours_lost": (0.005, 0.2),
        "months_interrupted": (0.02, 0.25),
        "spot_share": (0.2, 0.5),
        "licence_checks_alike": (3, 3),
        "usd_month": (1.2, 1.2),
        "limits": (1, 12),
        "rank_never_falls": (1, 1),
    },
    "1_cpu/01_text_as_numbers": {
        "unknown_word_share": (0.02, 0.2),
        "same_merges": (1, 1),
        "tokens_per_word_en": (1, 2),
        "tokens_per_word_fr": (1, 4),
        "french_price": (1, 2.5),
        "french_price_even": (0.8, 1.5),
        "related_cosine": (0.35, 1),
        "random_cosine": (-0.2, 0.25),
    },
    "1_cpu/02_intents": {
        "accuracy": (85, 100),
        "out_of_scope_recall": (50, 100),
        "closed_accuracy": (85, 100),
        "svm_accuracy": (75, 99),
        "svm_out_of_scope_recall": (10, 95),
        "head_accuracy": (85, 100),
        "head_out_of_scope_recall": (50, 100),
        "banking_accuracy": (85, 100),
        "text_to_model_seconds": (1, 600),
        "english_right": (0.6, 1),
        "french_right": (0, 0.7),
    },
    "1_cpu/03_semantic_search": {
        "mrr_meaning": (0.85, 1),
        "mrr_words": (0.6, 0.85),
        "mrr_both": (0.75, 0.95),
        "rare_word_mrr_meaning": (0.6, 0.9),
        "rare_word_mrr_words": (1, 1),
        "rare_word_mrr_both": (0.85, 1),
        "same_intent_recall_meaning": (0.75, 1),
        "same_intent_recall_words": (0.45, 0.75),
        "mrr_fr_to_fr": (0.6, 0.85),
        "mrr_fr_to_en": (0, 0.25),
        "mrr_en_to_fr": (0, 0.3),
        "spearman_meaning_en": (0.9, 1),
        "spearman_words_en": (0.7, 0.9),
        "spearman_meaning_fr": (0.75, 0.93),
        "spearman_words_fr": (0.75, 0.93),
        "fooled_by_negation": (0.6, 1),
        "fooled_by_number": (0.6, 1),
        "fooled_by_name": (0, 0.4),
        "fooled_by_role": (0.8, 1),
        "int8_same_ten": (0.97, 1),
        "question_ms": (0.3, 2000),
        "search_ms_1000": (0.005, 200),
        "search_ms_10000": (0.05, 1000),
        "search_ms_100000": (0.5, 10_000),
    },
    "1_cpu/04_a_tiny_language_model": {
        "max_difference_random": (0, 1e-3),
        "max_difference_companion_tiny": (0, 1e-3),
        "max_difference_wrong": (0.1, 1000),
        "max_difference_sampling": (0, 1e-5),
        "parameters": (160_064, 160_064),
        "held_out_loss": (4.5, 5.8),
        "bits_per_byte": (2, 3),
        "bits_per_byte_pairs": (1.1, 1.6),
        "tokens_per_second": (20, 1_000_000),
        "surprise_likeliest": (0, 12),
        "surprise_hot": (3, 14),
        "loss": (4.5, 6),
    },
    "1_cpu/05_teach_it_to_chat": {
        "scored_share": (0.3, 0.7),
        "label_difference": (0, 1e-5),
        "bits_difference": (0, 1e-6),
        "noise": (0, 1.5),
        "bfloat16_speed": (0.01, 100),
        "rungs_kept": (1, 5),
        "parameters": (127_296, 127_296),
        "ended_untrained": (0, 1),
        "ended_yours": (0, 1),
        "saved_mb": (0.5, 0.6),
        "bits_per_byte.untrained": (3.5, 6),
        "bits_per_byte.5-gram": (1, 2.2),
        "bits_per_byte.yours": (1.5, 5.5),
        "bits_per_byte.companion-tiny": (0.5, 2.2),
        "loss": (1.5, 7),
        "tokens_per_second": (10, 1_000_000),
        "ladder.tokens_per_second": (10, 1_000_000),
        "ladder.bits_per_byte": (1.5, 6),
    },
    "2_cloud/01_a_free_gpu": {
        "unusable_gpus": (1, 1),
        "zero_unscaled": (0.001, 0.1),
        "zero_scaled": (0, 1e-4),
        "infinite_scaled": (0, 0),
        "best_scale": (2**12, 2**22),
        "scales_that_differ": (0, 0),
        "weights_apart": (0, 0),
        "steps_left_out": (1, 20),
        "attention_apart": (0, 1e-3),
        "eager_to_sdpa": (1.05, 1.5),
        "loss.float32": (2, 4),
        "loss.bfloat16": (2, 4),
        "loss.float16": (2, 4),
        "counted_off": (0, 0),
        "cache_off": (0, 0),
        "planner_off": (0, 0),
        "mb.weights": (25, 25.2),
        "mb.gradients": (25, 25.2),
        "mb.moments": (50, 50.4),
        "mb.activations": (10, 25),
        "mb.kv_cache": (0.65, 0.66),
        "mb.process_peak": (75, 400),
        "gflops.float32": (0.5, 10_000),
        "gflops.bfloat16": (0.05, 100_000),
        "gflops.float16": (0.01, 100_000),
    },
    "2_cloud/02_fine_tune_a_persona": {
        "trained_weights": (391_168, 391_168),
        "trained_share": (0.06, 0.065),
        "formula_off": (0, 0),
        "merged_apart": (0, 1e-4),
        "merged_bits_apart": (0, 1e-3),
        "share_by_hand_off": (0, 1e-9),
        "adapter_mb": (1.5, 1.7),
        "rank_4_error": (0, 1e-4),
        "rank_1_error": (0.2, 5),
        "answered_by_nour": (1, 1),
        "bits_per_byte.before": (2, 3),
        "bits_per_byte.after": (0.5, 1.6),
        "perplexity.before": (80, 500),
        "perplexity.after": (3, 30),
        "everyday_bits_per_byte.before": (0.8, 2.2),
        "everyday_bits_per_byte.after": (0.8, 2.8),
        "fidelity.before": (0, 0.35),
        "fidelity.after": (0.3, 1),
        "qlora.layers_mb": (2, 8),
        "qlora.before": (2, 3.2),
        "qlora.after": (0.8, 2.6),
    },
    "2_cloud/03_survive_a_lost_session": {
        "apart_with_all": (0, 0),
        "apart_without_optimizer": (1e-4, 10),
        "apart_without_random": (1e-4, 10),
        "apart_without_step": (1e-4, 10),
        "torn": (1, 60),
        "killed_loss_difference": (0, 0),
        "killed_weights_differ": (0, 0),
        "steps_done_twice": (0, 1000),
        "save_seconds": (0.001, 60),
        "best_interval_seconds": (1, 5000),
        "share_at_best": (0, 0.2),
    },
    "3_quantized/01_four_bits": {
        "bits_nf4": (4.5, 4.5),
        "bits_double": (4.1269, 4.127),
        "carried_int4": (3.4, 3.6),
        "carried_nf4": (3.8, 3.95),
        "outlier_error_64": (0.15, 0.25),
        "outlier_error_4096": (0.7, 1),
        "neighbouring_scales": (0, 0.01),
        "other_order": (0, 2000),
        "levels_that_differ": (0, 0),
        "numbers_that_differ": (0, 0),
        "fewest_when_spoilt": (1, 10_000),
        "compared": (3_000_000, 5_000_000),
        **{
            f"error.{name}.{kind}": span
            for kind in ("normal", "companion-tiny")
            for name, span in {
                "int2": (0.6, 0.85),
                "int3": (0.2, 0.32),
                "int4": (0.09, 0.14),
                "int5": (0.04, 0.07),
                "int6": (0.02, 0.035),
                "int7": (0.01, 0.018),
                "int8": (0.004, 0.009),
                "FP4": (0.11, 0.15),
                "NF4": (0.08, 0.11),
                "NF4-double": (0.08, 0.11),
            }.items()
        },
        "bits_per_byte.as-stored": (0.5, 2.5),
        "bits_per_byte.int8": (0.5, 2.5),
        "bits_per_byte.NF4": (0.5, 3),
        "bits_per_byte.NF4-double": (0.5, 3),
        "bits_per_byte.int2": (1.5, 20),
    },
    "3_quantized/02_memory_and_speed": {
        "bandwidth_gb": (0.2, 2000),
        "counted_apart": (0, 0.01),
        "saved_all": (0.735, 0.743),
        "saved_ends_wide": (0.6, 0.7),
        **{
            f"{model}.{rung}.{name}": span
            for (model, rung), size in {
                ("companion-tiny", "fp32"): (25, 25.2),
                ("companion-tiny", "bf16"): (12.5, 12.6),
                ("companion-tiny", "nf4-head"): (7.4, 7.7),
                ("random", "fp32"): (84, 86),
                ("random", "bf16"): (42, 43),
                ("random", "nf4-head"): (17, 17.8),
            }.items()
            for name, span in {
                "stored": size,
                "weights": size,
                "peak": (0, 2000),
                "load": (0.001, 120),
                "first_token": (0.0005, 60),
                "tokens_per_second.1": (0.1, 100_000),
                "tokens_per_second.4": (0.1, 100_000),
            }.items()
        },
        "bits_per_byte.fp32": (1, 1.5),
        "bits_per_byte.bf16": (1, 1.5),
        "bits_per_byte.nf4-head": (1, 1.6),
    },
    "3_quantized/03_batching": {
        "padded_share": (0.4, 0.5),
        "simulated_requests_a_second": (0.02, 1000),
        "step_8_over_1": (0.2, 20),
        "measured_over_simulated": (0.02, 50),
        "little_off": (0, 0.1),
        "told_that_they_wait": (1, 11),
        "refused": (1, 60),
        **{
            f"{what}.{way}": span
            for way in ("one_by_one", "static", "transformers", "companion")
            for what, span in {
                "tokens_per_second": (1, 100_000),
                "done_seconds": (0.001, 500),
            }.items()
        },
        "simulated_first_token.one_by_one": (0.001, 1000),
        "simulated_first_token.static": (0.0005, 500),
        "simulated_first_token.continuous": (0.0001, 100),
    },
    "3_quantized/04_serve_it_locally": {
        "widened_apart": (0, 0),
        "served": (2, 2),
        **{
            f"{server}.{what}": span
            for server in ("companion_serve", "transformers_serve-4_bits")
            for what, span in {
                "first_token_seconds": (0.001, 60),
                "tokens_per_second": (0.5, 10_000),
                "last_first_token_seconds": (0.001, 120),
                "together": (0.5, 50_000),
            }.items()
        },
    },
    "5_routing/01_providers_and_one_config": {
        "cuts": (3, 200),
        "whole_by_words": (2, 200),
        "whole_by_companion": (1, 4),
        "same_verdicts": (1, 1),
        "same_words": (0.3, 1),
        "server_adds_seconds": (-5, 10),
        "first_token_seconds.scripted": (0, 1),
        "total_seconds.scripted": (0, 1),
        "first_token_seconds.companion-tiny": (0.001, 10),
        "total_seconds.companion-tiny": (0.005, 30),
        "tokens_per_second.companion-tiny": (2, 5000),
        "first_token_seconds.mine": (0.001, 10),
        "total_seconds.mine": (0.005, 30),
        "tokens_per_second.mine": (2, 5000),
    },
    "5_routing/02_fallback_under_faults": {
        "plain_whole_answer": (0, 0),
        "plain_error": (9, 9),
        "plain_passed_as_whole": (3, 3),
        "router_whole_answer": (9, 9),
        "router_error": (3, 3),
        "router_passed_as_whole": (0, 0),
        "router_slowest_seconds": (0.05, 60),
        "words_going_on": (23, 23),
        "words_starting_again": (63, 63),
        "asked_after_a_refusal": (0, 0),
        "busy_seconds": (0, 5),
        "dead_seconds": (1.5, 60),
        "dead_seconds_with_breaker": (1, 30),
        "reached_while_down": (2, 20),
        "deadline_used": (0.9, 10),
    },
    "5_routing/03_cost_budget_and_privacy": {
        "turns": (200, 600),
        "conversations": (30, 90),
        "reread_share": (0.6, 0.97),
        "read_to_written": (2, 40),
        "all_cloud_dollars": (0.001, 5),
        "mixture_dollars": (0.0001, 1),
        "saved_share": (0.5, 1),
        "uncounted": (0, 0),
        "savings_difference": (0, 1e-9),
        "exported_saved": (0.001, 5),
        "foretold_difference": (0, 0),
        "monthly_used": (1, 1.1),
        "daily_used": (0.3, 1.2),
        "evening_by_cloud": (5, 5),
        "met_allowed": (1, 1),
        "met_local_only": (0, 0),
        "met_nothing_left": (0, 0),
        "dialled_local_only": (0, 0),
        "words_in_ledgers": (0, 0),
        "key_in_ledgers": (0, 0),
        "key_in_log": (0, 0),
    },
    "6_senses/01_speak": {
        "first_sound_ms": (0.05, 2000),
        "first_sound_p95_ms": (0.05, 5000),
        "first_sound_cold_ms": (5, 20_000),
        "real_time_factor": (0.0001, 0.5),
        "turn_first_sound_ms": (5, 60_000),
        "turn_last_word_ms": (5, 60_000),
        "stop_and_next_ms": (0.05, 2000),
        "words_after_kill": (1, 1),
        "round_lips_en": (0.1, 0.4),
        "round_lips_fr": (0.15, 0.5),
    },
    "6_senses/02_listen": {
        "false_stops": (0, 1),
        "missed": (0, 0),
        "turns_heard": (2, 2),
        "wer_loop.companion": (0, 0.35),
        "wer_loop.general": (0.05, 1.5),
        "wer_loop.Moonshine": (0, 0.8),
        "wer_people.companion": (0.4, 1.5),
        "wer_people.general": (0.2, 1.5),
        "wer_people.Moonshine": (0, 0.4),
        "real_time_factor.companion": (0.001, 10),
        "real_time_factor.Moonshine": (0.001, 10),
        "real_time_factor.general": (0.01, 60),
        **{
            f"{what}.{name}.{ratio}": (low if what == "found" else 0, 1 if what == "found" else 0.2)
            for name, low in (("loudness", 0), ("Silero", 0.85))
            for what in ("found", "false")
            for ratio in (30, 20, 10, 5, 0)
        },
    },
    "6_senses/04_a_face_that_moves": {
        "bytes_still": (5000, 15_000),
        "bytes_moving": (10_000, 20_000),
        "mouths_a_second": (6, 20),
        "late_p95_ms_12": (40, 84),
        "late_p95_ms_25": (20, 41),
        "late_p95_ms_60": (5, 17),
        "seen_12": (0.4, 0.95),
        "seen_25": (0.7, 1),
        "seen_60": (0.85, 1),
        "frame_ms": (0.005, 20),
        "lips_open_by_loudness": (0.3, 1),
        "loudness_follows": (0.2, 0.8),
    },
    "7_companion/02_the_whole_stack": {
        "wait_ms": (250, 60_000),
        "hear_ms": (250, 30_000),
        "first_audio_ms": (1, 20_000),
        "hidden_ms": (0, 60_000),
        "spans": (7, 7),
        "drawer_differences": (0, 0),
        "remembered": (1, 1),
        "name_in_file_before": (1, 500),
        "name_in_file_after": (0, 0),
        "name_in_traces": (0, 0),
        "answered_by_the_rescuer": (2, 2),
        "wait_ms.works": (250, 60_000),
        "wait_ms.refuses": (250, 60_000),
        "wait_ms.falls_silent": (250, 60_000),
    },
    "7_companion/03_gradio_demo": {
        "turns": (3, 3),
        "start_seconds": (0.1, 120),
        "first_words_seconds": (0.01, 10),
        "first_token_seconds": (0.001, 5),
        "page_seconds": (0, 5),
        "sound_seconds": (0.5, 60),
        "brought_turns": (3, 3),
        "seen_by_another": (0, 0),
        "came_out_the_same": (1, 1),
        "tokens_per_second": (5, 5000),
    },
}
"""What each notebook records at size smoke, and the range that is believable on any machine."""


def test_every_notebook_is_run_here() -> None:
    assert set(METRICS) == set(LESSONS)


@pytest.mark.parametrize("name", METRICS)
def test_a_notebook_runs_offline_within_its_box_unsolved_and_solved(
    name: str, store: Path, tmp_path: Path
) -> None:
    """Every cell as a learner finds it, and behind each exercise the same cell with its solution.

    It goes on with what the solution gives, which is what those who leave the dots get as well.
    """
    copy = Lesson(tmp_path, tmp_path / "notebooks" / f"{name}.ipynb")
    exercises = registered().get(name, [])
    solve(LESSONS[name], copy)
    ran = run(copy, tmp_path / "copy.ipynb", "smoke")
    recorded = tracking.last_run(name)
    assert set(recorded) == set(METRICS[name])
    for metric, (low, high) in METRICS[name].items():
        assert low <= recorded[metric] <= high, metric
    assert [clause for clause in ran.excess if "minutes" not in clause] == []  # CI is slower
    text = ran.copy.read_text(encoding="utf-8")
    assert text.count("Not tried yet") == 2 * len(exercises)  # as text and as HTML
    assert text.count("✓ Right") == 2 * len(exercises)


def solve(lesson: Lesson, target: Lesson) -> None:
    """A copy of the notebook with every exercise twice: as it is, and with its own solution."""
    node = lesson.read()
    for exercise in registered().get(lesson.name, []):
        code = inspect.cleandoc(exercise.code)
        (cell,) = [cell for cell in node.cells if f"{exercise.__name__}(" in cell.source]
        again = nbformat.from_dict({**cell, "id": f"{cell.id}-again"})
        again.source = cell.source.replace("exercise = ", f"{code}\n\nexercise = ", 1)
        node.cells.insert(node.cells.index(cell) + 1, again)
    target.path.parent.mkdir(parents=True)
    nbformat.write(node, target.path)


MARKED = [name for name, lesson in LESSONS.items() if KEPT_OUTPUT in lesson.text()]


@pytest.mark.parametrize("name", MARKED)
def test_nbval_finds_the_kept_outputs_unchanged(name: str, store: Path, tmp_path: Path) -> None:
    prepared = tmp_path / "prepared.ipynb"
    papermill.execute_notebook(
        str(LESSONS[name].path), str(prepared), {"SIZE": "smoke"}, prepare_only=True
    )
    done = nbval(prepared)
    assert done.returncode == 0, done.stdout


def test_nbval_finds_a_kept_output_that_has_changed(tmp_path: Path) -> None:
    marked = nbformat.v4.new_code_cell("print(1)", metadata={"tags": [KEPT_OUTPUT]})
    marked.outputs = [nbformat.v4.new_output("stream", text="2\n")]
    kernel = {"kernelspec": {"name": "python3", "display_name": "P"}}
    changed = nbformat.v4.new_notebook(cells=[marked], metadata=kernel)
    nbformat.write(changed, tmp_path / "changed.ipynb")
    done = nbval(tmp_path / "changed.ipynb")
    assert done.returncode == 1
    assert "1 failed" in done.stdout


def nbval(notebook: Path) -> subprocess.CompletedProcess[str]:
    """A pytest of its own over one notebook, which checks only the cells tagged for it."""
    (notebook.parent / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*command, "--nbval-lax", notebook.name],
        cwd=notebook.parent,
        capture_output=True,
        text=True,
    )
