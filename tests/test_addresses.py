"""Addresses of buckets: what they mean, and what is said about wrong ones."""

import importlib.util

import pytest

from server.addresses import Bucket, bucket_at
from server.settings import Settings, SettingsError


def test_a_bucket_is_named_with_or_without_more() -> None:
    assert bucket_at("s3://talk-files") == Bucket("talk-files")
    assert bucket_at("s3://talk-files/") == Bucket("talk-files")
    assert bucket_at("s3://b-1/madang/files?endpoint=http://127.0.0.1:8333/&region=eu-central-1") == Bucket(
        "b-1", "madang/files", "http://127.0.0.1:8333", "eu-central-1"
    )
    assert bucket_at("s3://b-1?addressing=virtual").is_virtual_hosted


def test_what_the_address_leaves_out_the_usual_variables_say() -> None:
    usual = {"AWS_REGION": "eu-west-3", "AWS_ENDPOINT_URL": "https://s3.example.org/"}
    assert bucket_at("s3://b-1").completed({}).base_url == "https://s3.us-east-1.amazonaws.com/b-1"
    assert bucket_at("s3://b-1").completed(usual).base_url == "https://s3.example.org/b-1"
    assert bucket_at("s3://b-1?addressing=virtual").completed(usual).base_url == "https://b-1.s3.example.org"
    told = bucket_at("s3://b-1?endpoint=http://[::1]:9000&region=us-west-2").completed(usual)
    assert (told.base_url, told.region) == ("http://[::1]:9000/b-1", "us-west-2")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("https://bucket.s3.example.org", "an address like s3://bucket"),
        ("bucket", "an address like s3://bucket"),
        ("s3://", "the name of a bucket"),
        ("s3://a b", "the name of a bucket"),
        ("s3://bucket:9000", "the name of a bucket"),
        ("s3://[", "an address like s3://bucket"),
        ("s3://ana:hush-hush@bucket", "AWS_SECRET_ACCESS_KEY"),
        ("s3://bucket/../other", "letters, digits"),
        ("s3://bucket/a//b", "letters, digits"),
        ("s3://bucket/파일", "letters, digits"),
        ("s3://bucket?secret=hush-hush", "endpoint, region, addressing"),
        ("s3://bucket?region=a&region=b", "each once"),
        ("s3://bucket?region=Frankfurt am Main", "a word like"),
        ("s3://bucket?addressing=ip", "path (https://server/bucket)"),
        ("s3://bucket?endpoint=127.0.0.1:8333", "the endpoint is an address"),
        ("s3://bucket?endpoint=http://ana:hush-hush@127.0.0.1", "the endpoint is an address"),
        ("s3://bucket?endpoint=http://127.0.0.1/path", "the endpoint is an address"),
        ("s3://bucket?endpoint=http://127.0.0.1:99999", "the endpoint is an address"),
        ("s3://bucket?endpoint", "an address like s3://bucket"),
        ("s3://bucket#part", "an address like s3://bucket"),
    ],
)
def test_a_wrong_address_is_refused_by_name_and_not_repeated(text: str, part: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environment({"MADANG_FILES_URL": text})
    [complaint] = refusal.value.complaints
    assert complaint.startswith("MADANG_FILES_URL: ")
    assert part in complaint
    assert "hush-hush" not in complaint


def test_without_the_extra_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SettingsError, match=r"MADANG_FILES_URL: .*pip install 'madang\[s3\]'"):
        Settings.from_environment({"MADANG_FILES_URL": "s3://bucket"})


def test_nginx_cannot_send_what_lies_in_a_bucket() -> None:
    prefix = "/internal-files/"
    assert Settings.from_environment({"MADANG_ACCEL_PREFIX": prefix}).accel_prefix == prefix
    with pytest.raises(SettingsError, match=r"MADANG_ACCEL_PREFIX: .*MADANG_FILES_URL"):
        Settings.from_environment({"MADANG_ACCEL_PREFIX": prefix, "MADANG_FILES_URL": "s3://bucket"})
    for wrong in ("internal-files", "/internal-files", "/", "/../", "/a b/", "//"):
        with pytest.raises(SettingsError, match="MADANG_ACCEL_PREFIX: "):
            Settings.from_environment({"MADANG_ACCEL_PREFIX": wrong})
