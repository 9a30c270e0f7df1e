"""Addresses of collection: one list per audience."""

from collection.urls_annotating import urlpatterns as annotating
from collection.urls_api import urlpatterns as api
from collection.urls_managing import urlpatterns as managing

urlpatterns = [*annotating, *managing, *api]
