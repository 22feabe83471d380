"""What is there after the runtime has ended and begun again."""

from pathlib import Path

from penstock.call import Config
from penstock.testing import running

LARGE = b"0123456789" * 20_000


def test_objects_and_uploads_stay_and_leftovers_go(tmp_path: Path) -> None:
    with running(Config(port=0, data=tmp_path)) as first:
        s3 = first.client("s3")
        s3.create_bucket(Bucket="kept")
        s3.put_bucket_versioning(Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
        s3.put_object(Bucket="kept", Key="small", Body=b"small")
        s3.put_object(Bucket="kept", Key="large", Body=LARGE)
        upload_id = s3.create_multipart_upload(Bucket="kept", Key="parts")["UploadId"]
        etag = s3.upload_part(Bucket="kept", Key="parts", UploadId=upload_id, PartNumber=1, Body=LARGE)["ETag"]
        leftover = tmp_path / "s3" / "07" / "7"

        async def crash() -> None:
            """As an upload leaves it that is cut short by the end of the process."""
            leftover.parent.mkdir(exist_ok=True)
            leftover.write_bytes(b"half of a bo")
            first.runtime.store.run("INSERT INTO s3_files VALUES (7)")

        first.run(crash())
    with running(Config(port=0, data=tmp_path)) as second:
        s3 = second.client("s3")
        assert not leftover.exists()
        assert s3.get_object(Bucket="kept", Key="small")["Body"].read() == b"small"
        assert s3.get_object(Bucket="kept", Key="large")["Body"].read() == LARGE
        assert s3.get_bucket_versioning(Bucket="kept")["Status"] == "Enabled"
        parts = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
        s3.complete_multipart_upload(Bucket="kept", Key="parts", UploadId=upload_id, MultipartUpload=parts)
        assert s3.get_object(Bucket="kept", Key="parts")["Body"].read() == LARGE
