"""Releases for programs: ask for one, see how far it is."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from collection.models import Study
from exports import downloads, intake
from exports.formats import BESIDE_PARQUET, FORMATS, DoesNotFit
from exports.models import Release
from exports.reasons import sentence


class ReleaseFileSerializer(serializers.Serializer[Any]):
    """One file of a finished release."""

    name = serializers.CharField()
    bytes = serializers.IntegerField()
    sha256 = serializers.CharField()
    url = serializers.SerializerMethodField(help_text="For the session of a researcher.")
    link = serializers.SerializerMethodField(help_text="For whoever has it, for a day.")

    def get_link(self, file: dict[str, Any]) -> str:
        signed = downloads.signed(self.context["release"], file["name"])
        return reverse("download_by_link", kwargs={"link": signed}, request=self.context["request"])

    def get_url(self, file: dict[str, Any]) -> str:
        where = self.context["where"]
        return reverse("download_release_file", kwargs={**where, "name": file["name"]}, request=self.context["request"])


class ReleaseSerializer(serializers.ModelSerializer[Release]):
    """A release and how far it is."""

    release = serializers.CharField(source="label", help_text="Its name: line and place in it.")
    rows_done = serializers.IntegerField()
    files = serializers.SerializerMethodField()

    class Meta:
        model = Release
        fields = (
            "version",
            "release",
            "formats",
            "beside_parquet",
            "status",
            "requested_at",
            "snapshot_at",
            "finished_at",
            "rows_done",
            "rows_total",
            "failure",
            "files",
        )

    @extend_schema_field(ReleaseFileSerializer(many=True))
    def get_files(self, release: Release) -> list[dict[str, Any]]:
        if release.is_withheld:
            return []
        where = {"slug": release.study.slug, "version": release.version}
        context = {**self.context, "where": where, "release": release}
        return list(ReleaseFileSerializer(release.files, many=True, context=context).data)


class WantedSerializer(serializers.Serializer[dict[str, object]]):
    """What a new release is to hold."""

    formats = serializers.ListField(
        child=serializers.ChoiceField(choices=sorted(FORMATS)),
        required=False,
        help_text="Beside the long tables, which are always there.",
    )
    beside_parquet = serializers.ListField(
        child=serializers.ChoiceField(choices=BESIDE_PARQUET),
        required=False,
        help_text="The kinds of files beside Parquet; CSV unless something is said.",
    )
    new_line = serializers.BooleanField(
        required=False, help_text="Whether people and conversations get fresh numbers, tied to none of before."
    )


class RefusalSerializer(serializers.Serializer[dict[str, object]]):
    """Why something was not done: a code for programs, a sentence for people."""

    reason = serializers.CharField()
    detail = serializers.CharField()


@extend_schema(methods=["GET"], responses=ReleaseSerializer(many=True))
@extend_schema(
    methods=["POST"],
    request=WantedSerializer,
    responses={201: ReleaseSerializer, 409: OpenApiResponse(RefusalSerializer, "A format cannot hold this study.")},
)
@api_view(["GET", "POST"])
def releases(request: Request, slug: str) -> Response:
    """The releases of a study, the latest first; or, by POST, a new one."""
    study = get_object_or_404(Study.objects.visible_to(request.user), slug=slug)
    if request.method == "GET":
        found = Release.objects.filter(study=study).with_progress().select_related("study").order_by("-version")
        return Response(ReleaseSerializer(found, many=True, context={"request": request}).data)
    wanted = WantedSerializer(data=request.data)
    wanted.is_valid(raise_exception=True)
    assert request.user.is_authenticated
    try:
        made = intake.request_release(study=study, by=request.user, now=timezone.now(), **wanted.validated_data)
    except DoesNotFit as refusal:
        return Response({"reason": refusal.reason, "detail": sentence(refusal.reason)}, status=status.HTTP_409_CONFLICT)
    return Response(ReleaseSerializer(made, context={"request": request}).data, status=status.HTTP_201_CREATED)


@extend_schema(responses=ReleaseSerializer)
@api_view(["GET"])
def release(request: Request, slug: str, version: int) -> Response:
    """How far one release is, and its files once it is done."""
    visible = Release.objects.visible_to(request.user).select_related("study")
    found = get_object_or_404(visible, study__slug=slug, version=version)
    return Response(ReleaseSerializer(found, context={"request": request}).data)
