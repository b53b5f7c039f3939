"""What an operator can set, from the environment: HEADSWAP_ and the field's name in capitals."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """The service's settings; see docs/configuration.md."""

    model_config = SettingsConfigDict(env_prefix="HEADSWAP_", frozen=True, extra="ignore")

    # Where everything lies, and where it is reached.
    data_dir: Path = Path("headswap-data")
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    public_url: str = Field(
        default="", description="How clients reach the server; made of host and port if empty."
    )
    database_url: str = Field(default="", description="SQLite under data_dir if empty.")
    blob_url: str = Field(
        default="", description="A folder under data_dir if empty; else s3://bucket/prefix."
    )
    master_key: SecretStr = Field(
        default=SecretStr(""),
        description="Encrypts secrets; made and kept under data_dir if empty.",
    )

    # Who signs results.
    certificate: str = Field(
        default="",
        description="PEM file of the certificate that results are signed with, and its issuers'; "
        "a self-made one under data_dir if empty.",
    )
    certificate_key: str = Field(default="", description="PEM file of its private key.")

    # Limits on what is taken in.
    min_duration_s: float = Field(default=3.0, gt=0)
    max_duration_s: float = Field(default=20.0, gt=0)
    max_video_mb: int = Field(default=300, gt=0)
    max_fps: float = Field(default=60.0, gt=0)
    max_side_px: int = Field(default=4096, gt=0)
    max_mappings: int = Field(default=5, gt=0)
    max_people: int = Field(default=20, gt=0)
    max_image_mb: int = Field(default=20, gt=0)
    max_image_megapixels: int = Field(default=64, gt=0)
    max_url_length: int = Field(default=2048, gt=0)
    max_body_kb: int = Field(default=1024, gt=0)
    rate_per_minute: int = Field(
        default=600, ge=0, description="Requests a key may make; 0 for no limit."
    )

    # Credits.
    credits_480p: float = Field(default=1.0, ge=0, description="For each second begun.")
    credits_720p: float = Field(default=1.5, ge=0, description="For each second begun.")
    starting_credits: float = Field(default=1000.0, ge=0, description="Granted to the first team.")

    # Fetching.
    fetch_allow: str = Field(
        default="",
        description="Addresses that are let through: host:port or networks, with commas.",
    )
    fetch_timeout_s: float = Field(default=120.0, gt=0)
    fetch_idle_s: float = Field(default=15.0, gt=0)

    # Work.
    workers: int = Field(
        default=1, ge=0, description="Jobs done at the same time by one worker process."
    )
    lease_s: float = Field(default=15.0, gt=0)
    max_tries: int = Field(
        default=3, ge=1, description="How often a job whose worker died is begun."
    )
    job_memory_mb: int = Field(default=6000, gt=0, description="More than this ends a job.")
    job_time_s: float = Field(default=3600.0, gt=0, description="A job that takes longer is ended.")
    compute: Literal["local", "ray"] = "local"
    ray_address: str = ""

    # Retention.
    output_days: float = Field(default=7.0, gt=0)
    source_days: float = Field(default=7.0, gt=0, description="For sources, scenes, previews.")
    url_hours: float = Field(default=24.0, gt=0, description="How long a signed URL works.")
    idempotency_hours: float = Field(default=24.0, gt=0)

    # Trust.
    explicit_limit: float = Field(
        default=0.8,
        gt=0,
        le=1,
        description="Sources and photos that score more are refused; 1 lets all through.",
    )

    log_level: Literal["debug", "info", "warning", "error"] = "info"
