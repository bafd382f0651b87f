"""Convert custom tags from database rows to JSON."""

from collections.abc import Sequence

from api.serialization import Json
from core.custom_tags import MIN_POSITIVES, CustomTagState, TagClassifier
from core.vocabulary.tags import CUSTOM_PREFIX
from infra.database.queries.custom_tags import CustomTag, TagExample


def serialize_custom_tag(tag: CustomTag, examples: Sequence[TagExample] = ()) -> Json:
    """Return a custom tag in the shape of `CustomTagRead`.

    Args:
        tag: The tag.
        examples: Its examples, to which the hints refer.
    """
    classifier = TagClassifier.from_json(tag.classifier) if tag.classifier else None
    ids = {each.sha256: each.id for each in examples if each.id}
    automatic = classifier.threshold if classifier else None
    return {
        "slug": tag.slug,
        "tag": CUSTOM_PREFIX + tag.slug,
        "name": tag.name,
        "state": _state(tag, classifier),
        "positives": tag.positives,
        "negatives": tag.negatives,
        "precision": classifier
        and dict(zip(("value", "low", "high"), classifier.precision, strict=True)),
        "threshold": automatic if tag.chosen_threshold is None else tag.chosen_threshold,
        "automatic_threshold": automatic,
        "curve": classifier.to_json()["curve"] if classifier else [],
        "images": tag.images,
        "suggest_only": tag.suggest_only,
        "is_updating": tag.is_updating,
        "similar": [
            [ids[each] for each in group if each in ids]
            for group in (classifier.similar if classifier else ())
        ],
        "contradicting": [
            ids[each] for each in (classifier.contradicting if classifier else ()) if each in ids
        ],
        "version": tag.version,
        "model": classifier and classifier.model,
        "created_at": tag.created_at,
    }


def _state(tag: CustomTag, classifier: TagClassifier | None) -> CustomTagState:
    if tag.positives < MIN_POSITIVES and not (classifier and classifier.imported):
        return "collecting"
    return classifier.state if classifier else "training"
