"""Every error Headswap raises on purpose.

HeadswapError
├── VideoError            the video cannot be used
│   ├── NotAVideo           no container or no picture in it
│   ├── VideoTruncated      the file ends before its own index says
│   ├── CodecUnsupported    no decoder for its codec
│   ├── VideoTooLarge       more pixels than the limit
│   └── NoPersonFound       nobody to swap
├── PhotoError            the photo cannot be used
│   ├── PhotoUnreadable     missing, or not an image
│   ├── NoFaceInPhoto
│   ├── SeveralFacesInPhoto
│   ├── PhotoFaceTooSmall
│   └── PhotoIsProfile
├── MappingError          a person and a photo cannot be matched as asked
├── ModelError            a model file is missing or wrong
│   ├── ModelMissing
│   ├── ModelCorrupt
│   └── ModelDownloadFailed
├── SceneUnreadable       a saved analysis is damaged or of another version
├── EngineUnknown         no engine of that name
├── RuleBroken            what is asked is not done, whatever else is right with it
│   ├── ConsentMissing      nobody states that the people in a photo agreed
│   ├── ExplicitContentFound
│   └── ProtectedPerson     a photo of somebody who is to be left out
├── WorkerDied            a rendering process ended without an answer
├── FetchError            what a URL names cannot be had
│   ├── FetchRefused        an address that may not be reached
│   ├── FetchFailed         no answer, a bad one, or too slow
│   │   └── FetchMissing      the server says that there is nothing to have
│   └── FetchTooLarge
├── ServiceError          the service cannot work with what it was given
│   ├── DatabaseUnusable
│   ├── BlobMissing
│   ├── BlobsUnreachable
│   ├── ComputeUnavailable  no cluster, or what it needs is not installed
│   ├── WebhookNotGenuine   a message that its sender did not seal
│   └── ServiceFailed       a service of our own does not start
├── ClientError           what the client of the API raises; the tree is in headswap.client.errors
├── TrustError            results cannot be signed, or a file not be verified
│   ├── CertificateUnusable
│   ├── SigningFailed
│   ├── LabelUnusable       a visible label that cannot be drawn
│   └── NotVerifiable       no video and no picture
└── OutputError           the result cannot be written
    ├── NoSpaceLeft
    └── OutputNotWritable

A message says what happened, to which input, and what to do about it.
"""

from __future__ import annotations

from typing import ClassVar


class HeadswapError(Exception):
    """Base of all errors; `code` is stable for programs, `retryable` says if time may mend it."""

    code: ClassVar[str] = "error"
    retryable: ClassVar[bool] = False


class VideoError(HeadswapError):
    code = "video_error"


class NotAVideo(VideoError):
    code = "not_a_video"


class VideoTruncated(VideoError):
    code = "video_truncated"


class CodecUnsupported(VideoError):
    code = "codec_unsupported"


class VideoTooLarge(VideoError):
    code = "video_too_large"


class NoPersonFound(VideoError):
    code = "no_person_found"


class PhotoError(HeadswapError):
    code = "photo_error"


class PhotoUnreadable(PhotoError):
    code = "photo_unreadable"


class NoFaceInPhoto(PhotoError):
    code = "no_face_in_photo"


class SeveralFacesInPhoto(PhotoError):
    code = "several_faces_in_photo"


class PhotoFaceTooSmall(PhotoError):
    code = "photo_face_too_small"


class PhotoIsProfile(PhotoError):
    code = "photo_is_profile"


class MappingError(HeadswapError):
    code = "mapping_error"


class ModelError(HeadswapError):
    code = "model_error"


class ModelMissing(ModelError):
    code = "model_missing"


class ModelCorrupt(ModelError):
    code = "model_corrupt"


class ModelDownloadFailed(ModelError):
    code = "model_download_failed"
    retryable = True


class SceneUnreadable(HeadswapError):
    code = "scene_unreadable"


class EngineUnknown(HeadswapError):
    code = "engine_unknown"


class RuleBroken(HeadswapError):
    """rule: its name. obj_id: whose photo broke it, None for the video or for all."""

    code = "rule_broken"
    rule: ClassVar[str] = ""

    def __init__(self, message: str, obj_id: int | None = None) -> None:
        super().__init__(message)
        self.obj_id = obj_id


class ConsentMissing(RuleBroken):
    code = "consent_missing"
    rule = "consent"


class ExplicitContentFound(RuleBroken):
    code = "explicit_content_found"
    rule = "explicit-content"


class ProtectedPerson(RuleBroken):
    code = "protected_person"
    rule = "protected-person"


class WorkerDied(HeadswapError):
    code = "worker_died"
    retryable = True


class FetchError(HeadswapError):
    code = "fetch_error"


class FetchRefused(FetchError):
    code = "fetch_refused"


class FetchFailed(FetchError):
    code = "fetch_failed"
    retryable = True


class FetchMissing(FetchFailed):
    code = "fetch_missing"
    retryable = False


class FetchTooLarge(FetchError):
    code = "fetch_too_large"


class ServiceError(HeadswapError):
    code = "service_error"


class DatabaseUnusable(ServiceError):
    code = "database_unusable"


class BlobMissing(ServiceError):
    code = "blob_missing"


class BlobsUnreachable(ServiceError):
    code = "blobs_unreachable"
    retryable = True


class ComputeUnavailable(ServiceError):
    code = "compute_unavailable"
    retryable = True


class WebhookNotGenuine(ServiceError):
    code = "webhook_not_genuine"


class ServiceFailed(ServiceError):
    code = "service_failed"


class TrustError(HeadswapError):
    code = "trust_error"


class CertificateUnusable(TrustError):
    code = "certificate_unusable"


class SigningFailed(TrustError):
    code = "signing_failed"


class LabelUnusable(TrustError):
    code = "label_unusable"


class NotVerifiable(TrustError):
    code = "not_verifiable"


class OutputError(HeadswapError):
    code = "output_error"


class NoSpaceLeft(OutputError):
    code = "no_space_left"
    retryable = True


class OutputNotWritable(OutputError):
    code = "output_not_writable"
