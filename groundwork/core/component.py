"""The base of every component."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

import pulumi

from groundwork.core.catalogue import Catalogue
from groundwork.core.config import Config
from groundwork.core.contract import Contract
from groundwork.core.environment import Environment
from groundwork.core.errors import StackError

C = TypeVar("C", bound=Config)


Amendment = Callable[[Environment, str], Mapping[str, Any]]
"""What every resource of a type gets in an environment, by the SDK's names of its inputs; mostly nothing."""

AMENDMENTS: list[Amendment] = []
"""Filled by the rooms that know the types."""


@dataclass(frozen=True)
class Site:
    """What compose hands to a component: where it is, and what it was promised.

    Attributes:
        needs: parameter of `build` -> contract, None for an optional one that nobody provides.
        after: the components of this stack that provided them; what this one installs waits for these,
            and is therefore destroyed before them.
        claims: what only one component of a stack can be or make -> the instance that is it.
        remedies: what was claimed -> what its owner would have to write to leave it to another.
        refused: what components said is wrong while they went on.
        retire: the component is about to go: nothing of it is protected any more.
        before: what it offered when the stack was last brought up, by the fields of its contract; empty for a new one.
    """

    environment: Environment
    catalogue: Catalogue
    needs: Mapping[str, Contract | None] = field(default_factory=dict)
    after: Sequence[pulumi.Resource] = ()
    claims: dict[str, str] = field(default_factory=dict)
    remedies: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    retire: bool = False
    before: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Former:
    """What a child was before it came to its component: nothing that is up already is made anew.

    Attributes:
        component: class name of the component whose child it was.
        instance: that component's key in the stack file.
        name: the child's name there.
    """

    component: str
    instance: str
    name: str


class Component(pulumi.ComponentResource, Generic[C]):
    """One capability. Subclasses define `build`; its signature is the whole declaration of what is needed.

    Attributes:
        single: at most one of its kind can be in a cluster; a second one is an error of composing.
        operates: the contract whose objects this component acts on, and whose webhooks admit them. Without it they
            are waited for in vain; so kinds that come along by themselves need it in the stack or in its imports. From
            its installation until it is ready the API server refuses such objects; so who uses that contract in the
            same stack comes after it.
        name: the instance's key in the stack file.
        config: the configuration, with the profile's defaults filled in.
        keeps: something of it is protected.
        before: what it offered when its stack was last brought up, by the fields of its contract; empty for a new one.
    """

    single: ClassVar[bool] = False
    operates: ClassVar[type[Contract] | None] = None
    build: ClassVar[Callable[..., Contract | None]]

    def __init__(self, name: str, config: C, site: Site) -> None:
        kept = pulumi.ResourceOptions(transformations=[self._keep])
        super().__init__(f"groundwork:component:{type(self).__name__}", name, None, kept)
        self.name = name
        self.config = config
        self.environment = site.environment
        self.catalogue = site.catalogue
        self.before = site.before
        self.after = tuple(site.after)
        self._claims = site.claims
        self._remedies = site.remedies
        self._retire = site.retire
        self.keeps = False
        self._refused = site.refused
        self.provided: Contract | None = type(self).build(self, **site.needs)
        self.register_outputs({})

    def former(self, child: str) -> Former | None:
        """Return what a child of this name was before, None for one that was always here."""
        return None

    def complete(self) -> None:
        """Say what can only be told once every component of the stack is built.

        Raises:
            StackError: with all of it at once.
        """

    @property
    def protected(self) -> bool:
        """Whether what holds data is protected: by the environment's profile, until the component is retired."""
        return self.environment.profile.protect and not self._retire

    def _keep(self, made: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if made.resource is self:
            return None
        options = made.opts
        if options.protect:
            self.keeps = not self._retire
            lifted = self._retire or self.environment.approves(made.type_, made.name, made.props)
            options = pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(protect=not lifted))
        former = self.former(made.name)
        if former is not None:
            parent = pulumi.create_urn(former.instance, f"groundwork:component:{former.component}")
            before = pulumi.ResourceOptions(aliases=[pulumi.Alias(name=former.name, parent=parent)])
            options = pulumi.ResourceOptions.merge(options, before)
        given = {key: value for amend in AMENDMENTS for key, value in amend(self.environment, made.type_).items()}
        if options is made.opts and not given:
            return None
        return pulumi.ResourceTransformationResult({**made.props, **given}, options)

    def child(self, **options: Any) -> pulumi.ResourceOptions:
        """Return options for a child resource. A child's name begins with this component's name."""
        return pulumi.ResourceOptions(parent=self, **options)

    def claim(self, thing: str, remedy: str, *, by: str = "", either: bool = False) -> None:
        """Say that this component is the only one of its stack that is or makes `thing`.

        Args:
            thing: such as "the default storage class".
            remedy: what to write to let another component have it: "set nfs.default: false".
            by: what of this component it is, where the component itself may make two that contradict each other.
            either: whoever is asked second is told the first one's remedy too.

        Raises:
            StackError: where another component has it already, or this one by other means.
        """
        claimant = f"{self.name} ({by})" if by else self.name
        first = self._claims.setdefault(thing, claimant)
        if first != claimant:
            other = f", or {self._remedies[thing]}" if thing in self._remedies else ""
            raise StackError([f"{first} and {claimant} would both be {thing}; {remedy}{other}"])
        if either:
            self._remedies[thing] = remedy

    def refuse(self, problems: Sequence[str]) -> None:
        """Say what is wrong with this component and go on, so that the rest of the stack says its own.

        Nothing is registered of a stack in which anything was refused.
        """
        self._refused.extend(problems)

    def claimed(self, kind: str) -> dict[str, str]:
        """Return what was claimed so far of one kind, "the host": the thing without it -> the instance."""
        return {
            thing.removeprefix(f"{kind} "): instance
            for thing, instance in self._claims.items()
            if thing.startswith(f"{kind} ")
        }

    def is_claimed(self, thing: str) -> bool:
        """Tell whether any component of the stack is or makes `thing` so far."""
        return thing in self._claims

    def stateful(self, **options: Any) -> pulumi.ResourceOptions:
        """Return options for a child that holds data: protected where the environment's profile says so."""
        return self.child(protect=self.protected, **options)


class ApiComponent(Component[C]):
    """The CRDs of a product, apart from the product: retained, protected, and brought along by what needs them."""

    single = True
